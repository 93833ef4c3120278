"""Whose figures these are: how far each run is trusted, in a line, with the reason."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator

from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.formatting import plain
from reports.trust import tiers
from reports.trust.tiers import Tier

_NAMED = 3
"""Results that are named where several stand otherwise than their run for one reason."""

_GROUPS = 12
"""Such reasons of a run."""

_COLUMNS = ("run", "shown to be", "why")


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a line for each run that was looked at, and for results that stand otherwise."""
    rows = tuple(
        row
        for run, tier in context.tiers.items()
        for row in ((context.places[run], tier.word, _why(tier)), *_otherwise(tier))
    )
    parts = (Part("trust-runs", "", table=Table(_COLUMNS, rows, numeric=False)),) if rows else ()
    counts = Counter(tier.word for tier in context.tiers.values())
    answer = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return Chapter("trust", "Whose figures these are", _LEAD, parts, "Trust", f"Runs: {answer}.")


_CHECKS = "; ".join(f"{check}: {shows}" for check, shows in tiers.CHECKS.items())

_LEAD = (
    f"{tiers.WORD} The checks: {_CHECKS}. "
    "No word says that somebody forged a file. Runs were held against one another alone. "
    "`./metalbench store trust` shows every check of a run."
)


def _why(tier: Tier) -> str:
    """The reason, and whose key signed it where that is not the reason itself."""
    signed = next((mark for mark in tier.marks if mark.check == "signed"), None)
    if signed and signed.outcome == "passed" and tier.word != "signed":
        return f"{tier.reason}; signed {signed.reason}"
    return tier.reason


def _otherwise(tier: Tier) -> Iterator[tuple[str, str, str]]:
    """Results whose word is another than their run's, those with one reason together."""
    groups: dict[tuple[str, str], list[str]] = {}
    for contender, case in tier.results:
        own = tier.of(contender, case)
        if (own.word, bool(own.against)) != (tier.word, bool(tier.against)):
            lower = own.rank < tier.rank
            told = own.word, own.why_not(tier.word) if lower else own.reason
            groups.setdefault(told, []).append(plain(f"{contender} at {case}", 120))
    for (word, why), named in list(groups.items())[:_GROUPS]:
        more = f" and {len(named) - _NAMED} more" if len(named) > _NAMED else ""
        yield f"of it: {', '.join(named[:_NAMED])}{more}", word, why
    if left := sum(map(len, list(groups.values())[_GROUPS:])):
        yield f"of it: {left} more", "otherwise", "for other reasons"

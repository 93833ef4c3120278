"""A comparison as a page: the answer, a chart by effect, what differs, a fold with all figures."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from reports.compare import as_json, as_markdown, chart, words
from reports.compare.called import called
from reports.compare.comparison import Comparison, Mean
from reports.compare.facts import Fact, facts
from reports.compare.fail_on import Gate, Outcome
from reports.document import Table
from reports.formatting import Figure, plain
from reports.render import page
from reports.render.html_table import element
from reports.render.page import Offer

NAME = "comparison.html"

INLINE_BYTES = 200_000
"""Markdown and JSON up to this are in the page."""

_MOST_FACTS = 200

_Renderer = Callable[[Comparison, Outcome, Sequence[Gate]], str]

_OFFERED: dict[str, tuple[str, str, _Renderer]] = {
    "comparison.md": ("Markdown", "text/markdown;charset=utf-8", as_markdown.render),
    "comparison.json": ("JSON", "application/json", as_json.render),
}


@dataclass(frozen=True)
class Card:
    """A question and its answer in a few words."""

    question: str
    answer: str
    detail: str
    tone: str
    """`good`, `doubt` or `bad`."""


def render(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> str:
    """The page; it asks the network for nothing."""
    known = facts(comparison)
    return page.render(
        "compare.html",
        offers=list(_offers(comparison, outcome, gates)),
        title=f"{_title(comparison)}: Metalbench",
        pairs=list(words.shortened([words.title(pair) for pair in comparison.pairs])),
        sides=words.sides(comparison),
        headline=words.summary(comparison),
        cards=list(_cards(comparison, outcome, gates)),
        groups=list(chart.groups(comparison)),
        left=max(0, len(comparison.compared) - chart.MOST),
        how=words.how(comparison),
        threshold=f"{100 * comparison.threshold:g} %",
        caveats=list(words.caveats(comparison)),
        settling=words.settling(comparison),
        excluded=list(words.excluded(comparison)),
        left_out=list(words.left_out(comparison)),
        differs=_facts(comparison, [fact for fact in known if fact.differs]),
        alike=_facts(comparison, [fact for fact in known if not fact.differs]),
        who=called(comparison),
        table=_table(comparison),
        element=element,
    )


def _title(comparison: Comparison) -> str:
    first = comparison.pairs[0]
    more = f" and {len(comparison.pairs) - 1} more" if len(comparison.pairs) > 1 else ""
    return f"{plain(first.b.spec, 60)} against {plain(first.a.spec, 60)}{more}"


def _cards(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> Iterator[Card]:
    if gates:
        yield _limit(comparison, outcome, gates)
    yield from _largest(comparison)
    grave = sum(each.grave for each in comparison.excluded)
    lacking = len(comparison.left_out)
    troubles = [f"{grave} without a ratio"] * bool(grave) + [f"{lacking} lines unread"] * bool(
        lacking
    )
    doubts = list(words.caveats(comparison))
    paired = "Paired rounds of one run" if comparison.paired else "Two runs, not paired"
    tone = "bad" if troubles else "doubt" if doubts or not comparison.paired else "good"
    told = ", ".join([*troubles, *([f"{len(doubts)} to know below"] if doubts else [])])
    yield Card("How sure is it?", paired, told or "all that was compared is verified", tone)


def _limit(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> Card:
    """A case of which nothing is known at the limit is no proof that it is kept."""
    _, _, detail = words.failures(outcome, gates, comparison).partition(": ")
    unknown = sum(
        any(one.word(gate.limit) == "unresolved" for gate in gates) for one in comparison.compared
    )
    if outcome.failed:
        answer, tone = "No", "bad"
    elif unknown:
        answer, tone = f"Not shown in {unknown} of {len(comparison.compared)} cases", "doubt"
    else:
        answer, tone = "Yes", "good"
    return Card("Is the limit kept?", answer, detail, tone)


def _largest(comparison: Comparison) -> Iterator[Card]:
    for word, tone in (("slower", "doubt"), ("faster", "good")):
        own = [one for one in comparison.compared if one.word(comparison.threshold) == word]
        if own:
            worst = max(own, key=lambda one: abs(math.log(one.ratio.value)))
            value = f"{words.times(worst.ratio.value)}x the time"
            yield Card(
                f"Where is {called(comparison).b} {word} most?",
                value,
                chart.name(worst, comparison),
                tone,
            )


def _offers(comparison: Comparison, outcome: Outcome, gates: Sequence[Gate]) -> Iterator[Offer]:
    for name, (label, kind, renderer) in _OFFERED.items():
        content = renderer(comparison, outcome, gates).encode("utf-8")
        if len(content) <= INLINE_BYTES:
            yield page.packed(label, name, kind, content)


def _facts(comparison: Comparison, known: Sequence[Fact]) -> Table | None:
    who = called(comparison)
    rows = tuple((fact.what, fact.a, fact.b) for fact in known[:_MOST_FACTS])
    return Table(("what", who.a, who.b), rows, numeric=False) if rows else None


def _table(comparison: Comparison) -> Table:
    """Every case as words have it, its figures to sort by; then the suites' means."""
    rows = []
    for one in chart.ordered(comparison)[: chart.MOST]:
        *times, ratio, ends, verdict = words.row(one, comparison)
        value = Figure(f"{ratio}x", one.ratio.value, one.ratio.interval)
        rows.append((chart.name(one, comparison), *times, value, ends, verdict))
    for pair in comparison.pairs:
        rows += [_mean_row(mean, comparison) for mean in comparison.means(pair)]
    return Table(words.columns(comparison), tuple(rows))


def _mean_row(mean: Mean, comparison: Comparison) -> tuple[str, ...]:
    a_takes, b_takes, ratio, ends, verdict = words.mean_row(mean)
    parts = (plain(mean.suite, 60), words.mean_name(mean), words.short(comparison, mean.pair))
    name = ", ".join(filter(None, parts))
    value = Figure(f"{ratio}x", mean.ratio.value, mean.ratio.interval)
    return name, a_takes, b_takes, value, ends, verdict

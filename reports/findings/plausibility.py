"""Findings that no record states: impossible learning, twin runs, what published figures lack."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from reports.chapters import learning
from reports.chapters.learning import Learned
from reports.findings.finding import Finding
from reports.formatting import plain, seconds
from reports.frame import Results
from reports.ingest.published import FAULTS, WRONG

Kind = Callable[[Results], Iterator[Finding]]


def unlikely(learned: Sequence[Learned]) -> Kind:
    """Curves of this report's own runs that cannot be right."""
    own = [each for each in learned if not each.published]

    def find(_: Results) -> Iterator[Finding]:
        for each, problem in learning.findings(own):
            yield Finding(
                severity="wrong",
                what=f"{each.label}: {problem}",
                where=f"{each.work} on {each.place}",
                action="Believe neither this accuracy nor its time. Look at how the device "
                "compares and counts whole numbers.",
            )

    return find


def twins(results: Results) -> Iterator[Finding]:
    """Runs that share an id."""
    for name, run in results.runs.items():
        if name != run.run:
            yield Finding(
                severity="note",
                what=f"more than one run is called {plain(run.run, 80)}",
                where=plain(name, 100),
                action="They are shown apart. Copies of one file look so; so do two machines that "
                "were given one id.",
            )


def fresh(results: Results) -> Iterator[Finding]:
    """What it cost to start workers anew, where that was asked for."""
    for name, run in results.runs.items():
        several = run.settings.get("isolated") or (run.settings.get("preset_starts") or 1) != 1
        taken_s = results.starts_s.get(name, ())
        if several and taken_s:
            yield Finding(
                severity="note",
                what=f"workers were started anew for each case: {len(taken_s)} starts took "
                f"{seconds(sum(taken_s))}",
                where=f"run {plain(name, 100)}",
                action="No sample holds any of it.",
            )


def published(learned: Sequence[Learned]) -> Kind:
    """What is known against figures from elsewhere: wrong answers first."""
    quoted = [each for each in learned if each.published]

    def find(results: Results) -> Iterator[Finding]:
        for each, problem in learning.findings(quoted):
            yield Finding(
                severity="wrong",
                what=f"{each.label}: {problem}",
                where=f"{each.work} on {each.place}",
                action="The time stands, the accuracy does not: the device's own comparison with "
                "the labels was wrong. Check evaluation as well as the loss.",
                published=True,
            )
        yield from _flagged(results)

    return find


def _flagged(results: Results) -> Iterator[Finding]:
    """One finding for each fault of answers, and one for all sources that did not wait."""
    flags: dict[str, dict[str, None]] = {}
    for record in results.published:
        study = plain(record.study or record.source, 60)
        for flag in record.faults:
            flags.setdefault(flag, {})[study] = None
    for flag in WRONG:
        if flag in flags and flag != "wrong-accuracy":
            yield Finding(
                severity="suspect",
                what=f"{', '.join(flags[flag])}: {FAULTS[flag]}",
                where="published figures",
                action="Compare its times with nothing that trains rightly.",
                published=True,
            )
    hasty = flags.get("unsynchronised")
    if hasty:
        yield Finding(
            severity="note",
            what=f"{', '.join(hasty)}: {FAULTS['unsynchronised']}, so GPU times may be too short",
            where="published figures",
            action="Take their ratios as a lead, not as a measurement.",
            published=True,
        )

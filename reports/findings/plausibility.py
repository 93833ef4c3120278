"""Findings inferred across records: impossible learning, duplicate run ids, faults of sources."""

from __future__ import annotations

import math
from collections.abc import Iterator

from reports.analysis.learning_curves import problems
from reports.context import ReportContext
from reports.findings.finding import Finding
from reports.formatting import plain, seconds
from reports.ingest.published import FAULTS, WRONG


def unlikely(context: ReportContext) -> Iterator[Finding]:
    """Curves of this report's own runs that cannot be right."""
    for each, problem in problems(one for one in context.learned() if not one.published):
        yield Finding(
            severity="wrong",
            what=f"{each.label}: {problem}",
            where=f"{each.work} on {each.place}",
            action="Trust neither this accuracy nor its time. Check how the device "
            "compares and counts whole numbers.",
            about=each.label,
            effect=math.inf,
            run=each.run,
        )


def twins(context: ReportContext) -> Iterator[Finding]:
    """Runs that share an id."""
    for name, run in context.results.runs.items():
        if name != run.run:
            yield Finding(
                severity="note",
                what=f"more than one run is called {plain(run.run, 80)}",
                where=plain(name, 100),
                action="They are shown apart. Copies of one file look so; so do two machines that "
                "were given one id.",
            )


def fresh(context: ReportContext) -> Iterator[Finding]:
    """What it cost to start workers anew, where that was asked for."""
    for name, run in context.results.runs.items():
        several = run.settings.get("isolated") or (run.settings.get("preset_starts") or 1) != 1
        taken_s = context.results.starts_s.get(name, ())
        if several and taken_s:
            yield Finding(
                severity="note",
                what=f"workers were started anew for each case: {len(taken_s)} starts took "
                f"{seconds(sum(taken_s))}",
                where=f"run {plain(name, 100)}",
                run=name,
                action="No sample holds any of it.",
            )


def published(context: ReportContext) -> Iterator[Finding]:
    """What is known against figures from elsewhere: wrong answers first."""
    for each, problem in problems(one for one in context.learned() if one.published):
        yield Finding(
            severity="wrong",
            what=f"{each.label}: {problem}",
            where=f"{each.work} on {each.place}",
            action="The time stands, the accuracy does not: the device's own comparison with "
            "the labels was wrong. Check evaluation as well as the loss.",
            published=True,
        )
    yield from _flagged(context)


def _flagged(context: ReportContext) -> Iterator[Finding]:
    """One finding for each fault of answers, and one for all sources that did not wait."""
    flags: dict[str, dict[str, None]] = {}
    for record in context.results.quotable:
        study = plain(record.study or record.source, 60)
        for flag in record.faults:
            flags.setdefault(flag, {})[study] = None
    for flag in WRONG:
        if flag in flags and flag != "wrong-accuracy":
            yield Finding(
                severity="suspect",
                what=f"{', '.join(flags[flag])}: {FAULTS[flag]}",
                where="published figures",
                action="Not comparable with correct training.",
                published=True,
            )
    hasty = flags.get("unsynchronised")
    if hasty:
        yield Finding(
            severity="note",
            what=f"{', '.join(hasty)}: {FAULTS['unsynchronised']}, so GPU times may be too short",
            where="published figures",
            action="Treat their ratios as a hint, not as a measurement.",
            published=True,
        )

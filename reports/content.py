"""The report's content, once: plain text and numbers, without markup, for every renderer.

Text from records is cleaned (`formatting.plain`) before it comes here; renderers still escape it
for their own format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from reports import context, selection
from reports.analysis.cpu_gpu_pairs import Contest
from reports.chapters import table_of_contents
from reports.context import Section
from reports.document import Chapter
from reports.findings import omissions, registry
from reports.findings.finding import Finding
from reports.findings.omissions import Omission
from reports.frame import STATUSES, Results
from reports.front import fleet, front
from reports.front.fleet import Fleet
from reports.front.front import Front
from reports.ingest import machine_names
from reports.isolation import Attempts
from reports.trust.tiers import Tier

TITLE = "Metalbench report"


@dataclass(frozen=True)
class Content:
    """A report."""

    title: str
    summary: str
    findings: tuple[Finding, ...]
    omissions: tuple[Omission, ...]
    sections: tuple[Section, ...]
    contests: tuple[Contest, ...]
    """CPU against GPU, measured before published."""
    fronts: tuple[Front, ...]
    """The first screens of each run."""
    fleet: Fleet | None
    """Where the first machine stands among several."""
    chapters: tuple[Chapter, ...]
    """Everything after the findings, in order; what renderers show."""


def make(
    results: Results,
    baseline: str | None = None,
    attempts: Attempts | None = None,
    tiers: Mapping[Path, Tier] | None = None,
) -> Content:
    """The content of a report on these results; machines are compared with the one whose name
    contains `baseline`; `tiers` are those of their files. Raises NoSuchMachine."""
    attempts = attempts or Attempts()
    selected = selection.select(results)
    before = context.of(selected.results, baseline, attempts, tiers)
    findings = registry.find(before, attempts)
    doubted = {key for one in findings if one.severity == "suspect" for key in one.cells}
    known = context.doubting(before, doubted)
    contests = attempts.of("CPU against GPU on the first screen", known.contests, lambda _: ())
    fronts = front.fronts(known, contests, attempts)
    return Content(
        title=_title(fronts),
        summary=_summary(results),
        findings=findings,
        omissions=(
            *([selected.omission] if selected.omission else ()),
            *attempts.of("What was left out", partial(omissions.find, known), _told),
        ),
        sections=known.sections,
        contests=contests,
        fronts=fronts,
        fleet=attempts.of("Where this machine stands", partial(fleet.fleet, known), lambda _: None),
        chapters=table_of_contents.make(known, attempts),
    )


def _title(fronts: Sequence[Front]) -> str:
    """`Apple M2 Max, 2026-11-28: Metalbench`, which tells one tab of a browser from another."""
    if not fronts:
        return TITLE
    first, count = fronts[0].section, len(fronts) - 1
    others = f" and {count} more run{'s' * (count > 1)}" if count else ""
    return f"{first.machine_label}, {first.started_at[:10]}{others}: Metalbench"


def _told(sentence: str) -> tuple[Omission, ...]:
    return (Omission(sentence, ("this report",)),)


def _summary(results: Results) -> str:
    quoted = len(results.published)
    also = f"{quoted} published figures" if quoted else ""
    if not results.runs:
        return f"Nothing was measured here{f'; the report shows {also}' if quoted else ''}."
    statuses = results.cells["status"].value_counts()
    counts = {status: int(statuses.get(status, 0)) for status in STATUSES}
    right = counts["ok"] + counts["untimed"]
    counted = f"{right} of {right + counts['wrong']} results checked and right"
    rest = ", ".join(
        f"{counts[status]} {words}"
        for status, words in STATUSES.items()
        if counts[status] and status not in ("ok", "wrong")
    )
    machines = machine_names.names(results.runs)
    where, *others = dict.fromkeys(machines.values())
    if len(machines) > 1:
        on = f"{len(others) + 1} machines" if others else "one machine"
        where = f"{len(machines)} runs on {on}"
    return f"{where}. {counted}{f'; {rest}' if rest else ''}."

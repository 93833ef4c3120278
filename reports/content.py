"""The report's content, once: plain text and numbers, without markup, for every renderer.

Text from records is cleaned here (`units.plain`); renderers still escape it for their own format.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from reports import context
from reports.analysis import cpu_gpu_pairs, ranking
from reports.analysis.cpu_gpu_pairs import Contest
from reports.chapters import learning, method, table_of_contents
from reports.context import Section
from reports.document import Chapter
from reports.findings import registry
from reports.findings.finding import Finding
from reports.findings.registry import Omission
from reports.frame import STATUSES, Results
from reports.ingest import machine_names

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
    chapters: tuple[Chapter, ...]
    """Everything after the findings, in order; what renderers show."""


def make(results: Results, baseline: str | None = None) -> Content:
    """The content of a report on these results; machines are compared with the one whose name
    contains `baseline`. Raises NoSuchMachine."""
    named = machine_names.names(results.runs)
    sections = tuple(context.section(results, name, named[name]) for name in results.runs)
    labels = {name: ranking.labels(run) for name, run in results.runs.items()}
    contested = cpu_gpu_pairs.find(results, named)
    learned = learning.found(results, named, labels)
    found = registry.find(results, learned)
    doubted = {key for finding in found if finding.severity == "suspect" for key in finding.cells}
    return Content(
        title=TITLE,
        summary=_summary(results, sections),
        findings=found,
        omissions=registry.omissions(results),
        sections=sections,
        contests=contested,
        chapters=(
            table_of_contents.answers(sections),
            *table_of_contents.comparisons(
                results, named, labels, baseline, contested, learned, doubted
            ),
            table_of_contents.sources(results.published),
            table_of_contents.method(sections, method.words(results.family.comparisons)),
        ),
    )


def _summary(results: Results, sections: Sequence[Section]) -> str:
    quoted = len(results.published)
    also = f"{quoted} published figures" if quoted else ""
    if not sections:
        return f"Nothing measured here: {also} from elsewhere."
    statuses = results.cells["status"].value_counts()
    counted = ", ".join(
        f"{statuses[status]} {words}" for status, words in STATUSES.items() if status in statuses
    )
    places = {section.machine_label for section in sections}
    where = sections[0].machine_label
    if len(sections) > 1:
        on = "one machine" if len(places) == 1 else f"{len(places)} machines"
        where = f"{len(sections)} runs on {on}"
    return f"{where}. Cells: {counted or 'none'}." + (f" Beside them, {also}." if quoted else "")

"""The report's content, once: plain text and numbers, without markup, for every renderer.

Text from records is cleaned here (`units.plain`); renderers still escape it for their own format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from bench.schema import Run
from reports import (
    answers,
    families,
    findings,
    learning,
    method,
    outline,
    pairing,
    ranking,
    rerun,
    setups,
)
from reports.answers import Answer
from reports.finding import Finding, command
from reports.findings import Omission
from reports.frame import STATUSES, Results
from reports.layout import Chapter
from reports.pairing import Contest
from reports.ranking import Overhead, Ranking
from reports.setups import Setup
from reports.units import plain

TITLE = "Metalbench report"


@dataclass(frozen=True)
class Section:
    """One run on one machine."""

    run: str
    started_at: str
    machine_label: str
    machine: tuple[tuple[str, str], ...]
    answers: tuple[Answer, ...]
    rankings: tuple[Ranking, ...]
    notes: tuple[str, ...]
    """Numbered from 1, as rows refer to them."""
    overheads: tuple[Overhead, ...]
    setups: tuple[Setup, ...]
    labels: Mapping[str, str]
    """What rankings call each contender."""
    settings: tuple[tuple[str, str], ...]
    repeat: str
    asked: Mapping[str, str]
    """What was typed for the run, by option of make."""
    longer: str
    """The command that has time for more cases."""
    commit: str | None


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
    named = families.names(results.runs)
    sections = tuple(_section(results, name, named[name]) for name in results.runs)
    labels = {name: ranking.labels(run) for name, run in results.runs.items()}
    contested = pairing.find(results, named)
    learned = learning.found(results, named, labels)
    found = findings.find(results, learned)
    doubted = {key for finding in found if finding.severity == "suspect" for key in finding.cells}
    return Content(
        title=TITLE,
        summary=_summary(results, sections),
        findings=found,
        omissions=findings.omissions(results),
        sections=sections,
        contests=contested,
        chapters=(
            outline.answers(sections),
            *outline.comparisons(results, named, labels, baseline, contested, learned, doubted),
            outline.sources(results.published),
            outline.method(sections, method.words(results.family.comparisons)),
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


def _section(results: Results, name: str, machine: str) -> Section:
    run = results.runs[name]
    notes = _notes(results, name, run)
    marks = {
        contender: tuple(n for n, about in enumerate(notes.values(), start=1) if contender in about)
        for contender in {each for about in notes.values() for each in about}
    }
    rankings, overheads = ranking.rank(results, name, marks)
    labels = ranking.labels(run)
    return Section(
        run=plain(name),
        started_at=plain(run.started_at, 40),
        machine_label=machine,
        machine=setups.describe(run.machine),
        answers=answers.answer(rankings),
        rankings=rankings,
        notes=tuple(notes),
        overheads=overheads,
        setups=setups.setups(results, name, run, labels),
        labels=labels,
        settings=tuple((plain(key), plain(str(value))) for key, value in run.settings.items()),
        repeat=command(run),
        asked=rerun.asked(run),
        longer=rerun.longer(run),
        commit=plain(run.commit, 60) if run.commit else None,
    )


def _notes(results: Results, name: str, run: Run) -> dict[str, tuple[str, ...]]:
    """Each runtime note and the contenders it is about, in order."""
    found: dict[str, tuple[str, ...]] = {}
    for contender in run.contenders:
        runtime = results.runtimes.get((name, contender.contender))
        for note in runtime.notes if runtime else ():
            text = plain(note)
            found[text] = (*found.get(text, ()), contender.contender)
    return found

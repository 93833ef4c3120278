"""What chapters look at: each run on its machine, with its rankings and what was typed for it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bench.schema import Run
from reports import repeat as rerun
from reports.analysis import configurations, ranking, suite_leaders
from reports.analysis.configurations import Setup
from reports.analysis.ranking import Overhead, Ranking
from reports.analysis.suite_leaders import Answer
from reports.formatting import plain
from reports.frame import Results
from reports.repeat import command


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


def section(results: Results, name: str, machine: str) -> Section:
    """One run of these results, on the machine of that name."""
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
        machine=configurations.describe(run.machine),
        answers=suite_leaders.answer(rankings),
        rankings=rankings,
        notes=tuple(notes),
        overheads=overheads,
        setups=configurations.setups(results, name, run, labels),
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

"""What all chapters and findings look at, worked out once: runs with their names and rankings."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set
from dataclasses import dataclass, field, replace
from functools import cache, partial
from pathlib import Path

from bench.schema import Run
from reports import repeat
from reports.analysis import configurations, cpu_gpu_pairs, learning_curves, ranking, suite_leaders
from reports.analysis.configurations import Setup
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.learning_curves import Learned
from reports.analysis.ranking import Overhead, Ranking
from reports.analysis.suite_leaders import SuiteAnswer
from reports.formatting import plain
from reports.frame import Results
from reports.ingest import machine_names
from reports.ingest.slices import Key
from reports.isolation import Attempts
from reports.trust.tiers import Tier


@dataclass(frozen=True)
class Section:
    """One run on one machine."""

    run: str
    started_at: str
    machine_label: str
    machine: tuple[tuple[str, str], ...]
    answers: tuple[SuiteAnswer, ...]
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
    to_type: Mapping[str, str]
    """Of contenders that rankings call otherwise than FRAMEWORK takes them, by that name."""
    longer: str
    """The command that has time for more cases."""
    commit: str | None
    fault: str = ""
    """Why nothing of the run could be worked out, in a sentence; else empty."""


@dataclass(frozen=True)
class ReportContext:
    """The results, and what more than one chapter or finding makes of them."""

    results: Results
    baseline: str | None
    """Part of the name of the machine that the others are compared with."""
    machines: Mapping[str, str]
    """Names of machines, by run."""
    places: Mapping[str, str]
    """What to call each run: its machine, and the run itself where one machine had several."""
    labels: Mapping[str, Mapping[str, str]]
    """What to call each contender, by run."""
    sections: tuple[Section, ...]
    contests: Callable[[], tuple[Contest, ...]]
    """CPU against GPU, measured before published; worked out once, where it is first asked for."""
    learned: Callable[[], tuple[Learned, ...]]
    """Learning curves, in the same way."""
    tiers: Mapping[str, Tier] = field(default_factory=dict)
    """How far each run is trusted, by run; of those that were looked at."""
    doubted: Set[Key] = frozenset()
    """Cells that a finding doubts; known to chapters, since findings come first."""


def of(
    results: Results,
    baseline: str | None = None,
    attempts: Attempts | None = None,
    tiers: Mapping[Path, Tier] | None = None,
) -> ReportContext:
    """The context of a report on these results, before anything is found; `tiers` are of files."""
    attempts, tiers = attempts or Attempts(), tiers or {}
    machines = machine_names.names(results.runs)
    places = machine_names.places(machines)
    own = sorted(results.runs, key=lambda name: not _is_baseline(machines[name], baseline))
    labels = {name: ranking.labels(results.runs[name]) for name in own}
    return ReportContext(
        results=results,
        baseline=baseline,
        machines=machines,
        places=places,
        labels=labels,
        sections=tuple(
            attempts.of(
                f"The answer of run {plain(name)}",
                partial(_section, results, name, machines[name], labels[name]),
                partial(_bare, results.runs[name], name, machines[name], labels[name]),
            )
            for name in labels
        ),
        contests=cache(lambda: cpu_gpu_pairs.find(results, places, labels)),
        learned=cache(lambda: learning_curves.find(results, places, labels)),
        tiers={name: tiers[file] for name, file in results.files.items() if file in tiers},
    )


def _is_baseline(machine: str, baseline: str | None) -> bool:
    """Whether it is the one to compare with: its runs come first."""
    return baseline is not None and baseline.casefold() in machine.casefold()


def doubting(known: ReportContext, doubted: Set[Key]) -> ReportContext:
    """The same, with what findings doubt."""
    contests = cache(lambda: cpu_gpu_pairs.find(known.results, known.places, known.labels, doubted))
    return replace(known, doubted=doubted, contests=contests)


def _section(results: Results, name: str, machine: str, labels: Mapping[str, str]) -> Section:
    """One run of these results, on the machine of that name."""
    run = results.runs[name]
    notes = _notes(results, name, run)
    marks = {
        contender: tuple(n for n, about in enumerate(notes.values(), start=1) if contender in about)
        for contender in {each for about in notes.values() for each in about}
    }
    rankings, overheads = ranking.rank(results, name, labels, marks)
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
        repeat=repeat.command(run),
        asked=repeat.asked(run),
        to_type=repeat.to_type(run),
        longer=repeat.longer(run),
        commit=plain(run.commit, 60) if run.commit else None,
    )


def _bare(run: Run, name: str, machine: str, labels: Mapping[str, str], sentence: str) -> Section:
    """A run of which no more is said than this."""
    return Section(
        run=plain(name),
        started_at=plain(run.started_at, 40),
        machine_label=machine,
        machine=(),
        answers=(),
        rankings=(),
        notes=(),
        overheads=(),
        setups=(),
        labels=labels,
        settings=(),
        repeat="",
        asked={},
        to_type={},
        longer="",
        commit=None,
        fault=sentence,
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

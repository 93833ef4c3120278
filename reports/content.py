"""The report's content, once: plain text and numbers, without markup, for every renderer.

Text from records is cleaned here (`units.plain`); renderers still escape it for their own format.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.schema import Gpu, Machine, Run
from reports import answers, findings, ranking
from reports.answers import Answer
from reports.findings import Finding, Omission
from reports.frame import STATUSES, Results
from reports.ranking import Overhead, Ranking
from reports.units import memory, plain

TITLE = "Metalbench report"

METHOD = tuple(
    " ".join(paragraph.split())
    for paragraph in """
Every framework computes the same work from the same weights and data, in a process of its own. Its
answers are held against a float64 reference before and after timing, in the timed process; a cell
that fails either is a finding and is in no ranking.

Contenders take turns in rounds, in random order. A sample is the time of many steps and one wait
until the device has finished them, divided by the steps. A cell's time is the median over rounds of
the median of the round's samples. Latency is one step with a wait of its own. The first step
includes compiling.

A ratio is the median of the rounds' own ratios, so drift that hits all alike cancels. 1.14x slower
means 1.14 times as long. Intervals are 95 % percentile bootstrap over rounds; of fewer than six
rounds they cover less. Slower and faster mean that the whole interval lies beyond 1 %, same that it
lies within 1 %, unresolved neither. The first is called fastest only when all
others are slower; otherwise it leads. Intervals stand for this run: another start
of the processes can differ by more.

Throughput divides the FLOP or bytes that the definition of the work requires by the time; what a
framework does beyond them is not counted. Drawing random operands counts as time, not as FLOP.

It cannot say how other sizes, models, precisions or machines compare, nor whether a framework was
set up as its makers would; the settings listed are what ran. Precisions are never ranked against
each other.
""".strip().split("\n\n")
)

NOTHING_WRONG = "Nothing: all that was measured gave right answers, before and after timing."


RECORDS_HOLD_MORE = (
    "Every installed package and each build's own description stand in the run's records.jsonl."
)


@dataclass(frozen=True)
class Setup:
    """What a contender really was."""

    label: str
    version: str
    device: str
    precision: str
    execution: str
    threads: int | None
    python: str
    versions: str
    environment: str


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
    settings: tuple[tuple[str, str], ...]
    repeat: str
    commit: str | None


@dataclass(frozen=True)
class Content:
    """A report."""

    title: str
    summary: str
    findings: tuple[Finding, ...]
    omissions: tuple[Omission, ...]
    sections: tuple[Section, ...]
    method: tuple[str, ...] = METHOD


def make(results: Results) -> Content:
    """The content of a report on these results."""
    by_run = dict(list(results.cells.groupby("run", sort=False)))
    empty = results.cells.iloc[:0]
    sections = tuple(_section(results, name, by_run.get(name, empty)) for name in results.runs)
    return Content(
        title=TITLE,
        summary=_summary(results, sections),
        findings=findings.find(results),
        omissions=findings.omissions(results),
        sections=sections,
    )


def _summary(results: Results, sections: Sequence[Section]) -> str:
    statuses = results.cells["status"].value_counts()
    counted = ", ".join(
        f"{statuses[status]} {words}" for status, words in STATUSES.items() if status in statuses
    )
    where = sections[0].machine_label if len(sections) == 1 else f"{len(sections)} runs"
    return f"{where}. Cells: {counted or 'none'}."


def _section(results: Results, name: str, cells: pd.DataFrame) -> Section:
    run = results.runs[name]
    notes = _notes(results, name, run)
    marks = {
        contender: tuple(n for n, about in enumerate(notes.values(), start=1) if contender in about)
        for contender in {each for about in notes.values() for each in about}
    }
    rankings, overheads = ranking.rank(results, cells, marks)
    return Section(
        run=plain(name),
        started_at=plain(run.started_at, 40),
        machine_label=plain(run.machine.label),
        machine=_machine(run.machine),
        answers=answers.answer(rankings),
        rankings=rankings,
        notes=tuple(notes),
        overheads=overheads,
        setups=_setups(results, name, run, ranking.labels(run)),
        settings=tuple((plain(key), plain(str(value))) for key, value in run.settings.items()),
        repeat=findings.command(run),
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


def _machine(machine: Machine) -> tuple[tuple[str, str], ...]:
    system = " ".join(filter(None, (machine.system, machine.release, machine.architecture)))
    cores = " physical, ".join(
        str(n) for n in (machine.cores_physical, machine.cores_logical) if n is not None
    )
    facts = (
        ("Model", machine.model),
        ("CPU", machine.cpu),
        ("Cores", f"{cores} logical" if cores else None),
        ("Memory", memory(machine.memory_bytes) if machine.memory_bytes else None),
        *(("GPU", _gpu(gpu)) for gpu in machine.gpus),
        ("System", system),
    )
    return tuple((name, plain(value)) for name, value in facts if value)


def _gpu(gpu: Gpu) -> str:
    return f"{gpu.name}, {memory(gpu.memory_bytes)}" if gpu.memory_bytes else gpu.name


def _setups(results: Results, name: str, run: Run, labels: Mapping[str, str]) -> tuple[Setup, ...]:
    setups = []
    for contender in run.contenders:
        runtime = results.runtimes.get((name, contender.contender))
        versions = runtime.versions if runtime else {}
        device = runtime.device_name if runtime else contender.device_name
        setups.append(
            Setup(
                label=labels[contender.contender],
                version=plain(next(iter(versions.values()), "")),
                device=plain(device),
                precision=contender.precision,
                execution=plain(contender.execution),
                threads=(runtime.threads if runtime else None) or contender.threads,
                python=plain(runtime.python) if runtime else "",
                versions=_pairs(versions),
                environment=_pairs(runtime.environment if runtime else {}),
            )
        )
    return tuple(setups)


def _pairs(values: Mapping[str, str]) -> str:
    return plain(", ".join(f"{key} {value}" for key, value in values.items()), 1000)

"""What all formats are made of: the verified cells of one run, named, measured, and made harmless.

No format sees a record: every text here is clean already, and every number finite.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from bench.schema import Machine, Run
from bench.statistics.estimates import Interval, Series
from reports.cell import VerifiedCell
from reports.exports.harmless import harmless
from reports.frame import NULL, STATUSES, Results
from suites.errors import UserError

LISTED = 12
"""Runs that an error names."""


class Unexportable(UserError):
    """There is no one run with a verified cell; the message says what there is."""


@dataclass(frozen=True)
class Measure:
    """A quantity of a cell, of which less is better."""

    name: str
    unit: str
    """In words, in SI."""
    meaning: str


STEP_TIME = Measure("step_time", "seconds", "Time of one step, median over rounds or starts")
ENERGY = Measure("step_energy", "joules", "Energy of the device for one step")
DEVICE_MEMORY = Measure("device_peak_memory", "bytes", "Peak memory on the device")

MEASURES = (STEP_TIME, ENERGY, DEVICE_MEMORY)


@dataclass(frozen=True)
class Figure:
    """One quantity of an entry, in the measure's unit."""

    measure: Measure
    value: float
    interval: Interval | None = None
    """95 %; None where fewer than six rounds, or starts, tell one."""


@dataclass(frozen=True)
class Entry:
    """One verified cell."""

    name: str
    """`mlp/train/64 [torch/cpu/float32]`: no other of the run has it, and the next run of the same
    work has it again."""
    facts: Mapping[str, str]
    """What is known of `case`, `suite`, `workload`, `size`, `size_of`, `work_kind`, `contender`,
    `framework`, `version`, `device`, `device_kind`, `device_name`, `precision` and `execution`."""
    figures: Sequence[Figure]
    """The time first."""
    rounds_s: Sequence[Sequence[float]]
    """Seconds of one step in each round, a list for each start."""
    jumps_s: Interval | None
    """A short and a long round, where no median tells how long a step takes."""


@dataclass(frozen=True)
class Exported:
    """One run."""

    facts: Mapping[str, str]
    """What is known of `run`, `machine`, `cpu`, `gpu`, `system`, `preset`, `commit` and
    `metalbench`, the version that measured."""
    started_at: datetime | None
    machine: Machine
    """For its numbers; its texts are in `facts`."""
    entries: Sequence[Entry]
    left: Mapping[str, int]
    """Cells without a verified time, by how they ended."""


def of(results: Results, path: Path) -> Exported:
    """What was read from the path. Raises Unexportable."""
    run = _only(results, path)
    cells = results.ranked(run.run)
    left = Counter(
        STATUSES[cell.status]
        for cell in results.rows[run.run]
        if cell.framework != NULL and not cell.verified
    )
    if not cells:
        told = ", ".join(f"{count} {word}" for word, count in left.items()) or "no cell"
        raise Unexportable(
            f"{path} holds nothing to export. Expected a run with verified cells. Received: {told}."
        )
    return Exported(
        facts=_run_facts(run),
        started_at=_moment(run.started_at),
        machine=run.machine,
        entries=list(_entries(results, cells)),
        left=left,
    )


def _only(results: Results, path: Path) -> Run:
    if len(results.runs) != 1:
        names = [harmless(name) for name in results.runs]
        more = f" and {len(names) - LISTED} more" if len(names) > LISTED else ""
        raise Unexportable(
            f"an export is of one run. Expected its folder or its records.jsonl. Received: {path}, "
            f"which holds {', '.join(names[:LISTED]) + more or 'none'}."
        )
    (run,) = results.runs.values()
    return run


def _entries(results: Results, cells: Sequence[VerifiedCell]) -> Iterator[Entry]:
    taken: set[str] = set()
    for cell in cells:
        name = _unused(f"{harmless(cell.case)} [{harmless(cell.contender)}]", taken)
        taken.add(name)
        yield Entry(
            name=name,
            facts=_cell_facts(cell),
            figures=list(_figures(cell)),
            rounds_s=_by_start(results.rounds[cell.key]),
            jumps_s=results.jumps(cell.key),
        )


def _unused(name: str, taken: set[str]) -> str:
    """Two names of records can be one once they are harmless."""
    found, number = name, 1
    while found in taken:
        number += 1
        found = f"{name[:-1]} ({number})]"
    return found


def _figures(cell: VerifiedCell) -> Iterator[Figure]:
    low, high = cell.low_s, cell.high_s
    yield Figure(STEP_TIME, cell.time_s, None if low is None or high is None else (low, high))
    for measure, value in (
        (ENERGY, cell.energy_per_step_j),
        (DEVICE_MEMORY, cell.device_peak_bytes),
    ):
        if value is not None and math.isfinite(value):
            yield Figure(measure, value)


def _by_start(rounds: Series) -> list[list[float]]:
    return [rounds.times_s[rounds.starts == start].tolist() for start in np.unique(rounds.starts)]


def _cell_facts(cell: VerifiedCell) -> dict[str, str]:
    return _known(
        case=cell.case,
        suite=cell.suite,
        workload=cell.name,
        size=str(cell.size),
        size_of=cell.size_of,
        work_kind=cell.work_kind,
        contender=cell.contender,
        framework=cell.framework,
        version=cell.version,
        device=cell.device,
        device_kind=cell.device_kind,
        device_name=cell.device_name,
        precision=cell.precision,
        execution=cell.execution,
    )


def _run_facts(run: Run) -> dict[str, str]:
    machine = run.machine
    return _known(
        run=run.run,
        machine=machine.label,
        cpu=machine.cpu,
        gpu=", ".join(gpu.name for gpu in machine.gpus),
        system=machine.system,
        preset=str(run.settings.get("preset") or ""),
        commit=run.commit,
        metalbench=run.version,
    )


def _known(**facts: str | None) -> dict[str, str]:
    """Readers refuse an empty text, or take it for a name."""
    cleaned = {name: harmless(text) for name, text in facts.items() if text}
    return {name: text for name, text in cleaned.items() if text}


def _moment(text: str) -> datetime | None:
    """In UTC; None for what is no date."""
    try:
        found = datetime.fromisoformat(text)
        return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None

"""Several machines: where the reader's own stands among them, case by case and all in all."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from reports import formatting
from reports.analysis import machine_results
from reports.analysis.machine_results import Column, MachineResults, Work
from reports.context import ReportContext
from reports.front.places import Square, near

MOST = 40
"""Machines that are shown."""


@dataclass(frozen=True)
class Standing:
    """One machine: its fastest contender in every case, against the fastest of all machines."""

    label: str
    family: str
    own: bool
    squares: tuple[Square, ...]
    """One for each case of the fleet."""
    typical: float
    """Times as long as the fastest machine: geometric mean over the cases it shares."""
    fastest: int
    shared: int
    """Cases that another machine has too."""
    rank: int = 1
    """Among all machines, by `typical`."""


@dataclass(frozen=True)
class Fleet:
    """The reader's own machine first, its peers of one GPU family next, then the others."""

    sentence: str
    rows: tuple[Standing, ...]
    more: int
    """Machines that are left out."""
    cases: int


def fleet(context: ReportContext) -> Fleet | None:
    """The machines that share work with the first of the report; None where no two do."""
    every, columns = machine_results.of(context.results, context.machines)
    own_label = next((context.machines[run] for run in context.labels), None)
    measured = [machine for machine in every if not machine.published]
    own = next((machine for machine in measured if machine.label == own_label), None)
    if own is None:
        return None
    together = [machine for machine in measured if machine is own or own.best.keys() & machine.best]
    counts = Counter(work for machine in together for work in machine.best)
    shared = [column for column in columns if counts[column.work] > 1]
    if len(together) < 2 or not shared:
        return None
    least = {
        c.work: min(m.best[c.work].time_s for m in together if c.work in m.best) for c in shared
    }
    rows = _ranked([_standing(machine, machine is own, shared, least) for machine in together])
    rows.sort(key=lambda row: (not row.own, row.family != own.family, row.typical))
    return Fleet(_sentence(rows), tuple(rows[:MOST]), len(rows[MOST:]), len(shared))


def _standing(
    machine: MachineResults, own: bool, shared: Sequence[Column], least: Mapping[Work, float]
) -> Standing:
    squares = [_square(machine, column, least[column.work]) for column in shared]
    ratios = [
        machine.best[column.work].time_s / least[column.work]
        for column in shared
        if column.work in machine.best and least[column.work] > 0
    ]
    typical = math.exp(sum(map(math.log, ratios)) / len(ratios)) if ratios else math.inf
    fastest = sum(ratio == 1.0 for ratio in ratios)
    return Standing(
        machine.label, machine.family, own, tuple(squares), typical, fastest, len(ratios)
    )


def _square(machine: MachineResults, column: Column, least_s: float) -> Square:
    best = machine.best.get(column.work)
    name = column.words.replace("\n", " ")
    if best is None:
        return Square("absent", name, "not run")
    ratio = best.time_s / least_s if least_s > 0 else 1.0
    said = "fastest" if ratio == 1.0 else f"{formatting.digits(ratio)}x the fastest"
    return Square(near(ratio), name, f"{formatting.seconds(best.time_s)}, {said}, {best.label}")


def _sentence(rows: Sequence[Standing]) -> str:
    """`3rd of 20 machines: typically 1.8x the time of the fastest, itself the fastest in 4 of 50
    cases; 2nd of 6 with NVIDIA.`"""
    own = next(row for row in rows if row.own)
    peers = [row for row in rows if row.family == own.family]
    where = f"{own.label} is {_word(own.rank)} of {len(rows)} machines"
    how = f"typically {formatting.digits(own.typical, 2)}x the time of the fastest"
    told = f"{where}: {how}"
    told += f", itself the fastest in {own.fastest} of {own.shared} cases" if own.fastest else ""
    if 1 < len(peers) < len(rows):
        told += f"; {_word(_rank(own, peers))} of {len(peers)} ({own.family})"
    return f"{told}."


def _ranked(rows: Sequence[Standing]) -> list[Standing]:
    return [replace(row, rank=_rank(row, rows)) for row in rows]


def _rank(own: Standing, rows: Sequence[Standing]) -> int:
    """Those as good as another share its rank."""
    return 1 + sum(row.typical < own.typical for row in rows)


def _word(number: int) -> str:
    """`3rd`"""
    ends = {1: "st", 2: "nd", 3: "rd"}
    end = "th" if number % 100 in (11, 12, 13) else ends.get(number % 10, "th")
    return f"{number}{end}"

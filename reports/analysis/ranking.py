"""Who is fastest at each size of each workload, and by how much.

Only verified cells rank, only within one run, case and precision. The null adapter never does.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

import numpy as np

from bench import names
from bench.schema import Run
from bench.statistics.estimates import Estimate, Interval, Verdict
from reports import formatting
from reports.cell import Cell, VerifiedCell
from reports.frame import NULL, STATUSES, Results

_C = TypeVar("_C", bound=Cell)

NULL_LABEL = "null (prepared answers; measures the harness)"

COMPUTE_BOUND = 10.0
"""FLOP per byte from which bytes per second say little: processors do 5 to 100 FLOP in the time
their memory delivers a byte. Below 1 it is FLOP per second that say little."""


Standing = Verdict | Literal["fastest", "leads", "only one", "unsteady"]
"""Of the first in a group: `fastest` if all others are slower, else it `leads`. `unsteady` of those
whose times jump, and who win and lose against nobody."""


@dataclass(frozen=True)
class Row:
    """A contender at one size."""

    label: str
    notes: tuple[int, ...]
    cell: VerifiedCell
    ratio: Estimate | None
    """To the first of the group; None for itself."""
    standing: Standing
    by_cpu: Estimate | None = None
    """The ratio of CPU times, where that decided because wall time could not."""
    span: Interval | None = None
    """Seconds of its short and its long rounds, where these jump."""


@dataclass(frozen=True)
class Group:
    """The contenders at one size, by time; last those whose times jump."""

    size: int
    flop: float
    rows: tuple[Row, ...]
    missing: Mapping[str, str]
    """Status of those that do not rank here, by label."""

    @property
    def front(self) -> tuple[Row, ...]:
        """Those that are not shown to be slower than the first, and the first itself."""
        first, *others = self.rows
        return (first, *(row for row in others if row.standing not in ("slower", "unsteady")))

    @property
    def behind(self) -> tuple[Row, ...]:
        """Those that are."""
        return tuple(row for row in self.rows if row.standing == "slower")


@dataclass(frozen=True)
class Line:
    """A contender that ranks at one size at least."""

    label: str
    framework: str
    notes: tuple[int, ...]


@dataclass(frozen=True)
class Ranking:
    """One workload in one precision."""

    suite: str
    name: str
    precision: str
    lines: tuple[Line, ...]
    """In the run's order."""
    groups: tuple[Group, ...]
    """By size."""
    shows_flop: bool
    shows_bytes: bool
    shows_tokens: bool

    @property
    def size_of(self) -> str:
        """What its sizes count: `batch`, `parameters`, `n`; of records that do not tell, `size`."""
        cells = (row.cell for group in self.groups for row in group.rows)
        return formatting.plain(next((c.size_of for c in cells if c.size_of), "size"), 40)

    @property
    def title(self) -> str:
        """`mlp train`; the precision where it is not the usual one."""
        return f"{self.work}{f', {self.precision}' * (self.precision != 'float32')}"

    @property
    def work(self) -> str:
        return formatting.plain(names.work(self.suite, self.name))


@dataclass(frozen=True)
class Overhead:
    """What the null adapter took: the harness's own share of every step."""

    workload: str
    size: int
    time_s: float
    latency_s: float | None


def labels(run: Run) -> dict[str, str]:
    """What to call each contender: its spec, and its device where those differ; unique among those
    of one precision, which rank together."""
    told = [names.Contender(each.spec, each.device, each.device_kind) for each in run.contenders]
    found, taken = dict[str, str](), Counter[tuple[str, str]]()
    for each, name in zip(run.contenders, names.contenders(told), strict=True):
        label = NULL_LABEL if each.framework == NULL else formatting.plain(name, 60)
        taken[label, each.precision] += 1
        number = taken[label, each.precision]
        found[each.contender] = label if number == 1 else f"{label} ({number})"
    return found


def rank(
    results: Results, run: str, labels: Mapping[str, str], marks: Mapping[str, tuple[int, ...]]
) -> tuple[tuple[Ranking, ...], tuple[Overhead, ...]]:
    """Rankings of one run's cells in the order of its plan, and the null adapter's figures apart.

    `labels` are what to call each contender, `marks` the numbers of the notes about it.
    """
    every = results.rows[run]
    known = _Known(results, _ratios(results, run), labels, marks)
    workloads = _grouped((c for c in every if c.framework != NULL), _workload)
    rankings = tuple(_ranking(known, w) for w in workloads if any(c.verified for c in w))
    overheads = tuple(
        Overhead(
            workload=formatting.plain(names.work(cell.suite, cell.name)),
            size=cell.size,
            time_s=cell.time_s,
            latency_s=cell.latency_s,
        )
        for cell in every
        if cell.framework == NULL and isinstance(cell, VerifiedCell)
    )
    return rankings, overheads


def _workload(cell: Cell) -> tuple[str, str, str]:
    return cell.suite, cell.name, cell.precision


@dataclass(frozen=True)
class _Known:
    """What rows need besides their cell."""

    results: Results
    ratios: Mapping[tuple[str, str], tuple[Estimate | None, Estimate | None]]
    """Of each contender to the fastest of its case and precision, by contender and case; of wall
    time and of CPU time."""
    labels: Mapping[str, str]
    marks: Mapping[str, tuple[int, ...]]


def _ratios(
    results: Results, run: str
) -> dict[tuple[str, str], tuple[Estimate | None, Estimate | None]]:
    """All the run's ratios at once."""
    pairs = []
    for cells in _grouped(results.ranked(run), lambda cell: (cell.case, cell.precision)):
        first, *others = _ordered(results, cells)
        pairs += [(cell.key, first.key) for cell in others]
    found = zip(results.ratios(pairs), results.cpu_ratios(pairs), strict=True)
    return {own[1:]: both for (own, _), both in zip(pairs, found, strict=True)}


def _ordered(results: Results, cells: Iterable[VerifiedCell]) -> list[VerifiedCell]:
    """By time; last those whose times jump."""
    jumps = {cell.key: results.jumps(cell.key) is not None for cell in cells}
    return sorted(cells, key=lambda cell: (jumps[cell.key], cell.time_s))


def _intensity(cell: Cell) -> float:
    """FLOP per byte; NaN where a byte count is not known."""
    return math.nan if cell.intensity is None else cell.intensity


def _grouped(cells: Iterable[_C], key: Callable[[_C], tuple[Any, ...]]) -> list[list[_C]]:
    """The cells that agree in the key, together, in order of appearance."""
    groups: dict[tuple[Any, ...], list[_C]] = {}
    for cell in cells:
        groups.setdefault(key(cell), []).append(cell)
    return list(groups.values())


def _ranking(known: _Known, cells: Sequence[Cell]) -> Ranking:
    lines = {cell.contender: cell.framework for cell in cells if cell.verified}
    groups = (_group(known, group) for group in _grouped(cells, lambda c: (c.size, c.case)))
    intensity = float(np.median([_intensity(cell) for cell in cells]))
    return Ranking(
        suite=formatting.plain(cells[0].suite),
        name=formatting.plain(cells[0].name),
        precision=cells[0].precision,
        lines=tuple(
            Line(known.labels[contender], framework, known.marks.get(contender, ()))
            for contender, framework in lines.items()
        ),
        groups=tuple(sorted((g for g in groups if g), key=lambda group: group.size)),
        shows_flop=not intensity < 1,
        shows_bytes=intensity < COMPUTE_BOUND,
        shows_tokens=any(cell.tokens is not None for cell in cells),
    )


def _group(known: _Known, cells: Sequence[Cell]) -> Group | None:
    """The contenders of one case; None where no answer is verified."""
    ordered = _ordered(known.results, [c for c in cells if isinstance(c, VerifiedCell)])
    if not ordered:
        return None
    first, *behind = (_row(known, cell) for cell in ordered)
    decided = all(row.standing == "slower" for row in behind)
    standing: Standing = ("fastest" if decided else "leads") if behind else "only one"
    return Group(
        size=cells[0].size,
        flop=cells[0].flop,
        rows=(first if first.span else replace(first, standing=standing), *behind),
        missing={
            known.labels[cell.contender]: STATUSES[cell.status]
            for cell in cells
            if not cell.verified
        },
    )


def _row(known: _Known, cell: VerifiedCell) -> Row:
    ratio, by_cpu = known.ratios.get((cell.contender, cell.case), (None, None))
    marks = known.marks.get(cell.contender, ())
    standing = known.results.word(ratio)
    if standing != "unresolved" or known.results.word(by_cpu) == "unresolved":
        by_cpu = None
    span = known.results.jumps(cell.key)
    if span:
        return Row(known.labels[cell.contender], marks, cell, ratio, "unsteady", span=span)
    return Row(
        label=known.labels[cell.contender],
        notes=marks,
        cell=cell,
        ratio=ratio,
        standing=known.results.word(by_cpu) if by_cpu else standing,
        by_cpu=by_cpu,
    )

"""Who is fastest at each size of each workload, and by how much.

Only verified cells rank, only within one run, case and precision. The null adapter never does.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

import pandas as pd

from bench import statistics
from bench.schema import Run
from bench.statistics import Estimate, Verdict
from reports import units
from reports.frame import NULL, STATUSES, Results

NULL_LABEL = "null (prepared answers; measures the harness)"

COMPUTE_BOUND = 10.0
"""FLOP per byte from which bytes per second say little: processors do 5 to 100 FLOP in the time
their memory delivers a byte. Below 1 it is FLOP per second that say little."""


Standing = Verdict | Literal["fastest", "leads", "only one"]
"""Of the first in a group: `fastest` if all others are slower, else it `leads`."""


@dataclass(frozen=True)
class Row:
    """A contender at one size."""

    label: str
    framework: str
    notes: tuple[int, ...]
    time_s: float
    low_s: float | None
    high_s: float | None
    ratio: Estimate | None
    """To the first of the group; None for itself."""
    standing: Standing
    latency_s: float | None
    first_step_s: float | None
    flop_per_s: float
    bytes_per_s: float | None
    spread: float | None
    peak_resident_bytes: float | None


@dataclass(frozen=True)
class Group:
    """The contenders at one size, by time."""

    size: int
    flop: float
    rows: tuple[Row, ...]
    missing: Mapping[str, str]
    """Status of those that do not rank here, by label."""

    @property
    def decided(self) -> bool:
        """Whether there is one fastest: no other is the same or unresolved."""
        return self.rows[0].standing == "fastest"


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

    @property
    def title(self) -> str:
        return f"{self.suite} {self.name}, {self.precision}"


@dataclass(frozen=True)
class Overhead:
    """What the null adapter took: the harness's own share of every step."""

    workload: str
    size: int
    time_s: float
    latency_s: float | None


def labels(run: Run) -> dict[str, str]:
    """What to call each contender: its spec, and its device and threads where those differ."""
    several = len({contender.device for contender in run.contenders}) > 1
    return {
        each.contender: NULL_LABEL
        if each.framework == NULL
        else units.plain(f"{each.spec} {each.device}" if several else each.spec, 60)
        for each in run.contenders
    }


def rank(
    results: Results, cells: pd.DataFrame, marks: Mapping[str, tuple[int, ...]]
) -> tuple[tuple[Ranking, ...], tuple[Overhead, ...]]:
    """Rankings of one run's cells in the order of its plan, and the null adapter's figures apart.

    `marks` are the numbers of the notes about each contender.
    """
    if cells.empty:
        return (), ()
    known = _Known(results, labels(results.runs[cells["run"].iloc[0]]), marks)
    workloads = cells[cells["framework"] != NULL].groupby(_WORKLOAD, sort=False)
    rankings = tuple(_ranking(known, each) for _, each in workloads if each["verified"].any())
    overheads = tuple(
        Overhead(
            workload=units.plain(f"{cell['suite']} {cell['name']}"),
            size=cell["size"],
            time_s=cell["time_s"],
            latency_s=_figure(cell["latency_s"]),
        )
        for cell in cells[cells["verified"] & (cells["framework"] == NULL)].to_dict("records")
    )
    return rankings, overheads


@dataclass(frozen=True)
class _Known:
    """What rows need besides their cell."""

    results: Results
    labels: Mapping[str, str]
    marks: Mapping[str, tuple[int, ...]]


_WORKLOAD = ["suite", "name", "precision"]


def _ranking(known: _Known, cells: pd.DataFrame) -> Ranking:
    first, lines = cells.iloc[0], cells[cells["verified"]].drop_duplicates("contender")
    intensity = (cells["flop"] / cells["traffic_bytes"]).median()
    return Ranking(
        suite=units.plain(first["suite"]),
        name=units.plain(first["name"]),
        precision=first["precision"],
        lines=tuple(
            Line(known.labels[contender], framework, known.marks.get(contender, ()))
            for contender, framework in zip(lines["contender"], lines["framework"], strict=True)
        ),
        groups=tuple(
            _group(known, group)
            for _, group in cells.groupby(["size", "case"])
            if group["verified"].any()
        ),
        shows_flop=not intensity < 1,
        shows_bytes=bool(intensity < COMPUTE_BOUND),
    )


def _group(known: _Known, cells: pd.DataFrame) -> Group:
    proven = cells[cells["verified"]]
    ordered = proven.sort_values("time_s", kind="stable").to_dict("records")
    leader = ordered[0]
    first, *behind = (_row(known, cell, leader) for cell in ordered)
    decided = all(row.standing == "slower" for row in behind)
    standing: Standing = ("fastest" if decided else "leads") if behind else "only one"
    others = cells[~cells["verified"]]
    return Group(
        size=leader["size"],
        flop=leader["flop"],
        rows=(replace(first, standing=standing), *behind),
        missing={
            known.labels[contender]: STATUSES[status]
            for contender, status in zip(others["contender"], others["status"], strict=True)
        },
    )


def _row(known: _Known, cell: Mapping[str, Any], leader: Mapping[str, Any]) -> Row:
    contender, base = cell["contender"], leader["contender"]
    ratio = None
    if contender != base:
        ratio = known.results.ratio(cell["run"], cell["case"], contender, base)
    return Row(
        label=known.labels[contender],
        framework=cell["framework"],
        notes=known.marks.get(contender, ()),
        ratio=ratio,
        standing=statistics.verdict(ratio.interval if ratio else None),
        **{name: _figure(cell[name]) for name in _FIGURES},
    )


_FIGURES = (
    *("time_s", "low_s", "high_s", "latency_s", "first_step_s", "flop_per_s", "bytes_per_s"),
    *("spread", "peak_resident_bytes"),
)


def _figure(value: Any) -> Any:
    """None for what a table holds as missing."""
    return None if pd.isna(value) else value

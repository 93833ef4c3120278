"""A cell as typed values: one row of the frame, which loops read a hundred times as fast."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import pandas as pd

from bench.schema import DeviceKind, Precision
from reports.ingest.slices import Key


class Cell(NamedTuple):
    """A contender at a case; None for what is not known. Units and meanings as in docs/frame.md.

    A tuple, because a report makes up to 200 000 of them.
    """

    run: str
    machine: str
    contender: str
    framework: str
    version: str | None
    spec: str
    device: str
    device_kind: DeviceKind
    device_name: str
    precision: Precision
    execution: str
    threads: int | None
    outside: bool
    suite: str
    case: str
    name: str
    size: int
    work_kind: str | None
    size_of: str | None
    flop: float
    traffic_bytes: float | None
    convolutions: bool | None
    host_work: bool | None
    tokens: float | None
    status: str
    """A key of STATUSES."""
    reason: str | None
    verified: bool
    stopped: str | None
    build_s: float | None
    first_step_s: float | None
    cpu_user_s: float | None
    cpu_system_s: float | None
    wall_s: float | None
    sampled_s: float | None
    others_cpu_s: float | None
    peak_resident_bytes: float | None
    device_memory_bytes: float | None
    device_peak_bytes: float | None
    time_s: float | None
    low_s: float | None
    high_s: float | None
    spread: float | None
    outliers: int | None
    latency_s: float | None
    rounds: int | None
    starts: int | None
    samples: int | None
    energy_per_step_j: float | None
    energy_sampled: bool
    flop_per_s: float | None
    bytes_per_s: float | None
    tokens_per_s: float | None

    @property
    def key(self) -> Key:
        return self.run, self.contender, self.case

    @property
    def intensity(self) -> float | None:
        """FLOP per byte of traffic."""
        return self.flop / self.traffic_bytes if self.traffic_bytes else None


class VerifiedCell(Cell):
    """One whose answers are right before and after timing: it has a time."""

    __slots__ = ()

    time_s: float
    rounds: int
    starts: int
    samples: int
    flop_per_s: float


_WHOLE = ("threads", "outliers", "rounds", "starts", "samples")
"""Columns of whole numbers, which a frame holds as floats where some are missing."""


def rows(frame: pd.DataFrame) -> Iterator[Cell]:
    """The frame's rows as cells, in order."""
    columns = {name: _listed(frame[name], name in _WHOLE) for name in Cell._fields}
    for values in zip(*columns.values(), strict=True):
        cell = Cell._make(values)
        yield VerifiedCell._make(values) if cell.verified else cell


def _listed(column: pd.Series, whole: bool) -> list[Any]:
    if whole:
        column = column.astype("Int64")
    missing = column.isna()
    if not missing.any():
        return list(column.tolist())
    pairs = zip(column.tolist(), missing.tolist(), strict=True)
    return [None if gone else value for value, gone in pairs]

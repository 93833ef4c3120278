"""The figures of a run as trust needs them: comparable with whose, and what marks a copy."""

from __future__ import annotations

import hashlib
import statistics
import struct
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from bench import schema
from bench.product_names import normal
from bench.trust.work import Cell
from reports.hardware import peaks

RANKED = 24
RANKED_MOST = 64
"""Samples of a cell whose order marks it, at least and at most: it stays where times are scaled."""

DISTINCT = 4
"""Values that a first slice must have to mark its cell: of fewer, others may have the same."""


class Figure(NamedTuple):
    """One result."""

    contender: str
    case: str
    comparable: str
    """The same for results of the same work by the same means on the same chip; empty where the
    chip has no name."""
    time_s: float
    exact: int | None
    """Marks the first slice's samples; None where they are too few to."""
    order: int | None
    """Marks the order of its samples by length; None where they are too few to."""


@dataclass
class _Kept:
    medians: list[float] = field(default_factory=list)
    first: tuple[float, ...] = ()
    samples: list[float] = field(default_factory=list)
    """The first of all."""
    right: bool = True
    after: bool = False


class Figures:
    """Takes a run's records one by one; `all` are the results whose checks all passed."""

    def __init__(self) -> None:
        self.run: schema.Run | None = None
        self._cells: dict[Cell, _Kept] = {}

    def take(self, record: object) -> None:
        """The next record of the file."""
        if isinstance(record, schema.Run):
            self.run = self.run or record
        elif isinstance(record, schema.Slice):
            kept = self._cells.setdefault((record.contender, record.case), _Kept())
            kept.medians.append(statistics.median(record.samples_s))
            kept.first = kept.first or record.samples_s
            if len(kept.samples) < RANKED_MOST:
                kept.samples += record.samples_s[:RANKED_MOST]
        elif isinstance(record, schema.Verified):
            kept = self._cells.setdefault((record.contender, record.case), _Kept())
            kept.right &= all(check.passes for check in record.checks)
            kept.after |= record.phase == "after"

    @property
    def all(self) -> list[Figure]:
        """In the order of their first record."""
        if self.run is None:
            return []
        contenders = {each.contender: each for each in self.run.contenders}
        cases = {each.case: each for each in self.run.cases}
        found = []
        for (name, case), kept in self._cells.items():
            contender, work = contenders.get(name), cases.get(case)
            if contender and work and kept.medians and kept.right and kept.after:
                found.append(
                    Figure(
                        sys.intern(name),
                        sys.intern(case),
                        _comparable(contender, work, self.run.machine),
                        statistics.median(kept.medians),
                        _exact(kept.first),
                        _order(kept.samples[:RANKED_MOST]),
                    )
                )
        return found


def _comparable(contender: schema.Contender, case: schema.Case, machine: schema.Machine) -> str:
    chip = _chip(contender, machine)
    if not chip or contender.outside or contender.framework == "null":
        return ""
    parts = [case.definition_sha256, contender.framework, contender.execution]
    parts += [contender.precision, contender.device_kind, chip, str(contender.threads)]
    return sys.intern(hashlib.sha256("\0".join(parts).encode()).hexdigest()[:24])


def _chip(contender: schema.Contender, machine: schema.Machine) -> str:
    """The device's name, with the number of cores that it does not tell."""
    if contender.device_kind == "cpu":
        return f"{normal(machine.cpu)}, {machine.cores_logical}" if machine.cpu else ""
    name = normal(peaks.called(contender.device_name, machine.gpus))
    cores = {gpu.cores for gpu in machine.gpus if normal(gpu.name) == name}
    return f"{name}, {cores}"


def _exact(samples: Sequence[float]) -> int | None:
    if len(set(samples)) < DISTINCT:
        return None
    return _mark(struct.pack(f"<{len(samples)}d", *samples))


def _order(samples: Sequence[float]) -> int | None:
    """None too where their order is hardly one by chance: where times just rise or fall."""
    values = np.asarray(samples)
    if len(values) < RANKED or len(np.unique(values)) < len(values) * 3 // 4:
        return None
    order = np.argsort(np.argsort(values, kind="stable"), kind="stable")
    along = abs(float(np.corrcoef(order, np.arange(len(order)))[0, 1]))
    return None if along > 0.9 else _mark(order.astype("<u2").tobytes())


def _mark(content: bytes) -> int:
    return int.from_bytes(hashlib.sha256(content).digest()[:8], "little")

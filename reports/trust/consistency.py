"""Whether a run's records agree with one another: its clock, its slices, its counts, its checks.

Only what no honest file can hold counts: a slow or busy machine, a run that broke off or an old
version of the harness leaves none of it.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from bench import schema
from bench.verification import credibility

APART_S = 0.05
APART_SHARE = 0.02
"""By so much, and such a share of a slice, clocks of the worker and the host may be apart."""


class Trouble(NamedTuple):
    """What cannot be, and of which cell, where it is of one."""

    what: str
    contender: str = ""
    case: str = ""
    alone: bool = False
    """Whether the rest of the file may be sound all the same."""


@dataclass
class _Cell:
    """Of a contender at a case."""

    samples: int = 0
    """Of all its slices."""
    off: float = 0.0
    """The largest error of its slices' sums since it was last built."""
    ahead: float = 0.0
    """The largest share by which its clock was ahead of the host's, since then."""


class Account:
    """Takes a run's records one by one; `troubles` is what came of it."""

    def __init__(self) -> None:
        self.troubles: list[Trouble] = []
        self._cells: dict[tuple[str, str], _Cell] = defaultdict(_Cell)
        self._ends_s = 0.0
        """When the last slice was over."""
        self._resumed = False

    def take(self, record: object) -> None:
        """The next record of the file."""
        if isinstance(record, schema.Slice):
            self._slice(record)
        elif isinstance(record, schema.Verified):
            self._verified(record)
        elif isinstance(record, schema.Cell):
            self._finished(record)
        elif isinstance(record, schema.Resumed):
            self._resumed, self._ends_s = True, 0.0
        elif isinstance(record, schema.End) and record.at_s < self._ends_s - APART_S:
            self._say(f"it ended after {record.at_s:.3g} s, a slice {self._ends_s:.3g} s after")

    def _slice(self, taken: schema.Slice) -> None:
        cell = self._cells[taken.contender, taken.case]
        cell.samples += len(taken.samples_s)
        for check in credibility.of_samples([taken]):
            if check.name == credibility.SAMPLES:
                cell.off = max(cell.off, check.error or 0.0)
        if taken.wall_s and taken.host_s:
            cell.ahead = max(cell.ahead, taken.wall_s / taken.host_s - 1)
        self._within(taken)
        self._in_turn(taken)

    def _within(self, taken: schema.Slice) -> None:
        """Its samples took no longer than it did."""
        room_s = (taken.wall_s or 0.0) * (1 + APART_SHARE) + APART_S
        sampled_s = taken.sampled_s or 0.0
        if taken.steps_per_part is None:
            sampled_s = max(sampled_s, sum(taken.samples_s) * taken.steps_per_sample)
        if taken.wall_s is not None and sampled_s > room_s:
            what = f"samples of {sampled_s:.3g} s within a slice of {taken.wall_s:.3g} s"
            self._say(what, taken.contender, taken.case)

    def _in_turn(self, taken: schema.Slice) -> None:
        """One slice at a time."""
        if taken.at_s is None:
            return
        length_s = taken.wall_s or 0.0
        if taken.at_s < self._ends_s - APART_S:
            what = f"a slice at {taken.at_s:.4g} s, before the one before was over"
            self._say(what, taken.contender, taken.case)
        self._ends_s = max(self._ends_s, taken.at_s + length_s * (1 - APART_SHARE))

    def _verified(self, told: schema.Verified) -> None:
        """What the checks say of the slices is what those hold. The judge looked at more slices
        than are recorded, never at fewer, so it saw no less."""
        cell = self._cells[told.contender, told.case]
        if told.phase == "after" and not self._resumed:
            passed = {check.name for check in told.checks if check.passes}
            if credibility.SAMPLES in passed and cell.off > credibility.SAMPLES_OFF:
                what = f"samples are {cell.off:.1%} off the time they took, a check says otherwise"
                self._say(what, told.contender, told.case)
            if credibility.CLOCK in passed and cell.ahead > credibility.FAST:
                what = f"a clock {cell.ahead:.1%} ahead, a check says otherwise"
                self._say(what, told.contender, told.case)
        cell.off = cell.ahead = 0.0

    def _finished(self, told: schema.Cell) -> None:
        held = self._cells[told.contender, told.case].samples
        if told.samples != held and not self._resumed:
            what = f"{told.samples} samples by its own count, {held} are there"
            self._say(what, told.contender, told.case)

    def _say(self, what: str, contender: str = "", case: str = "") -> None:
        if len(self.troubles) < 1000:
            self.troubles.append(Trouble(what, contender, case))

"""What the records of one or more runs say of two contenders at a case: their rounds, or why not.

Each start of a run is a fresh process of both, so starts of several runs count alike.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import numpy as np

from bench import records
from bench.run.standings import Board
from bench.schema import Cell, Failed, Run, Skipped, Slice, Verified
from bench.statistics import estimates, multiplicity
from bench.statistics.cpu_time import COMPANY, LONG_S
from bench.statistics.estimates import Estimate, Series, Verdict
from bench.statistics.multiplicity import Family
from bench.verification.evidence import passed

State = Literal["proven", "wrong", "unmeasured"]


@dataclass
class Measured:
    """One contender at the case of one run."""

    spec: str
    state: State = "unmeasured"
    reason: str = "the run ended early"
    """Why it is not proven."""
    single: bool = False
    """Whether it computes on the CPU with one thread."""
    slices: dict[int, Slice] = field(default_factory=dict)
    """By a round's number, as it was measured last."""

    @property
    def wall(self) -> Series:
        """Seconds of a step by round."""
        return self._series([statistics.median(each.samples_s) for each in self.slices.values()])

    @property
    def cpu(self) -> Series | None:
        """CPU seconds of a step by round, where those of the wall may be others'."""
        slices = self.slices.values()
        used_s = [(each.cpu_user_s or 0.0) + (each.cpu_system_s or 0.0) for each in slices]
        steps = [each.steps_per_sample * len(each.samples_s) for each in slices]
        others_s = sum(each.others_cpu_s or 0.0 for each in slices)
        company = others_s > COMPANY * sum(each.wall_s or 0.0 for each in slices)
        if not (self.single and company and used_s and min(used_s) > 0):
            return None
        if float(np.median(self.wall.times_s)) < LONG_S:
            return None
        return self._series([used / count for used, count in zip(used_s, steps, strict=True)])

    def _series(self, times_s: Sequence[float]) -> Series:
        starts = [each.start or 0 for each in self.slices.values()]
        numbers = np.array(list(self.slices), dtype=np.int64)
        return Series(numbers, np.array(times_s, dtype=float), np.array(starts, dtype=np.int64))


def of_run(path: Path) -> dict[str, Measured]:
    """What a run of one case and one device says of each spec. Raises NotRecords, OSError."""
    board, found = Board(), dict[str, Measured]()
    names, single, case = dict[str, str](), set[str](), ""
    for _, record in records.scan(path):
        if isinstance(record, Run):
            names = {each.contender: each.spec for each in record.contenders}
            single = {
                each.spec
                for each in record.contenders
                if each.device_kind == "cpu" and each.threads == 1
            }
            case = record.cases[0].case if record.cases else ""
        if not isinstance(record, Slice | Verified | Failed | Skipped | Cell):
            continue
        spec = names.get(record.contender, record.contender)
        one = found.setdefault(spec, Measured(spec, single=spec in single))
        if isinstance(record, Slice):
            one.slices[record.round] = record
        else:
            board.note(record)
            _judge(one, record, board.proven(record.contender, case))
    return found


def _judge(one: Measured, record: Verified | Failed | Skipped | Cell, proven: bool) -> None:
    """Take in how a stage of it ended; the gravest stays."""
    if isinstance(record, Verified):
        if not record.passed and one.state != "wrong":
            bad = [check for check in record.checks if not passed(check)]
            answer = any(check.about == "answer" for check in bad)
            one.state = "wrong" if answer else "unmeasured"
            one.reason = "; ".join(check.problem or check.name for check in bad[:2])
    elif isinstance(record, Failed | Skipped):
        if one.state != "wrong":
            one.state, one.reason = "unmeasured", record.reason
    elif proven:
        one.state, one.reason = "proven", ""


Pairs = Sequence[tuple[Measured, Measured]]
"""The other and the base, of each run."""


@dataclass(frozen=True)
class Decided:
    """The word for a pair and the ratio that it rests on, of the other's time over the base's."""

    word: Verdict
    ratio: Estimate | None
    by_cpu: bool = False


def decided(pairs: Pairs, threshold: float, among: Family) -> Decided:
    """By wall time; by CPU time where that is undecided and CPU time tells more."""
    wall = _ratio([(other.wall, base.wall) for other, base in pairs])
    word = _word(wall, threshold, among)
    if word != "unresolved":
        return Decided(word, wall)
    own = [(other.cpu, base.cpu) for other, base in pairs]
    known = [(other, base) for other, base in own if other is not None and base is not None]
    cpu = _ratio(known) if len(known) == len(own) else None
    word = _word(cpu, threshold, among)
    return Decided(word, wall) if cpu is None else Decided(word, cpu, by_cpu=True)


def _word(ratio: Estimate | None, threshold: float, among: Family) -> Verdict:
    """As everywhere; but also what lies far off must be surer than chance makes it: decisions
    follow from one another, and no reader sees them all."""
    word = estimates.word(ratio, threshold=threshold, among=among)
    if word in ("slower", "faster") and ratio is not None and ratio.logs is not None:
        sure = multiplicity.differs(ratio.logs, ratio.start_shift, among)
        return word if sure else "unresolved"
    return word


def _ratio(pairs: Sequence[tuple[Series, Series]]) -> Estimate | None:
    """How many times as long as the base, over all runs."""
    if not pairs:
        return None
    others, bases = ([pair[at] for pair in pairs] for at in (0, 1))
    return estimates.ratio(_joined(others), _joined(bases))


def _joined(runs: Sequence[Series]) -> Series:
    """All rounds, those of each run and its starts under numbers that no other run has."""
    apart = [number * estimates.MOST_ROUNDS for number in range(len(runs))]
    moved = [
        Series(run.rounds + more, run.times_s, run.starts + more)
        for run, more in zip(runs, apart, strict=True)
    ]
    return Series(*(np.concatenate(parts) for parts in zip(*moved, strict=True)))

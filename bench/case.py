"""One case: every contender builds it, proves it, is timed in rounds, and proves it again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from bench import agreement, limits, rounds
from bench.attempt import Attempt
from bench.presets import Preset
from bench.progress import Progress
from bench.schema import Failed, Record, Skipped
from bench.seat import Seat
from bench.stopping import FixedRounds
from suites import checks, reference
from suites.data import NoData
from suites.layers import ShapeError
from suites.workload import Workload

Write = Callable[[Record], None]


@dataclass(kw_only=True)
class Session:
    """What all cases of a run share."""

    preset_name: str
    preset: Preset
    seed: int
    cache: Path
    """Folder of the reference's cached results."""
    write: Write
    progress: Progress
    pace: limits.Pace
    begun: float = field(default_factory=time.monotonic)
    order: random.Random = field(default_factory=lambda: random.Random(0))

    def measure(self, suite: str, workload: Workload, seats: list[Seat]) -> None:
        """Record everything about this case: nothing it does can end the run."""
        seats = [seat for seat in seats if self._attempted(workload, seat)]
        reason = limits.memory_reason(workload, [seat.contender for seat in seats])
        if reason:
            for seat in seats:
                self.write(Skipped(contender=seat.contender.id, case=workload.case, reason=reason))
            return
        cells = self._cells(suite, workload, seats)
        observed = [cell for cell in cells if cell.observe()]
        ready = {cell.name: cell for cell in _agreed(observed) if cell.calibrate()}
        turns = {name: cell.turn for name, cell in ready.items()}
        rule = FixedRounds(self.preset.rounds, self.preset.budget_s)
        finished = rounds.take_rounds(turns, rule, order=self.order)
        for name, ending in finished.items():
            ready[name].finish(ending)
        for cell in cells:
            cell.drop()

    def _cells(self, suite: str, workload: Workload, seats: list[Seat]) -> list[Attempt]:
        """Cells with their reference, worked out before any worker holds the case."""
        cells = []
        solved: dict[str, Path | str] = {}
        for seat in seats:
            precision = seat.contender.precision
            self.progress.now(f"{workload.case}  float64 reference")
            if precision not in solved:
                solved[precision] = self._reference(workload, precision)
            expected = solved[precision]
            if isinstance(expected, Path):
                cells.append(Attempt(self, suite, workload, seat, expected))
                continue
            name, case = seat.contender.id, workload.case
            self.write(Failed(contender=name, case=case, stage="reference", reason=expected))
        return cells

    def _reference(self, workload: Workload, precision: str) -> Path | str:
        """The file of expected values, or why there is none."""
        try:
            return reference.expected(workload, precision, self.seed, self.cache)
        except (reference.NoReference, ShapeError, NoData, MemoryError) as error:
            return str(error) or type(error).__name__

    def _attempted(self, workload: Workload, seat: Seat) -> bool:
        contender = seat.contender
        reason = self.pace.reason(contender, workload)
        reason = reason or limits.device_memory_reason(workload, contender)
        if reason:
            self.write(Skipped(contender=contender.id, case=workload.case, reason=reason))
        return reason is None


def _agreed(cells: list[Attempt]) -> list[Attempt]:
    """Those that are right, after those of one precision have been held against one another."""
    found: dict[str, list[checks.Check]] = {}
    for expected in {cell.expected for cell in cells}:
        compared = {cell.name: cell.compared for cell in cells if cell.expected == expected}
        found |= agreement.checks(compared, agreement.relative_limits(expected))
    return [cell for cell in cells if cell.conclude(found[cell.name])]

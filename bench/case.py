"""One case: every contender builds it, proves it, is timed in rounds, and proves it again."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

from bench import agreement, limits, rounds, stopping
from bench.attempt import Attempt
from bench.energy import Meters
from bench.interrupts import Interrupts
from bench.machine import state
from bench.presets import Preset
from bench.progress import Progress
from bench.resume import Begun
from bench.rounds import History
from bench.schema import Failed, Record, Skipped, State
from bench.seat import Seat
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
    interrupts: Interrupts
    meters: Meters
    begun: Begun
    """What the run had done before it was resumed: nothing in most runs."""
    isolated: bool = False
    """Whether each case gets fresh workers."""
    started: float = field(default_factory=time.monotonic)
    order: random.Random = field(default_factory=random.Random)

    @property
    def at_s(self) -> float:
        """The run's own clock, which stands still while the run is broken off."""
        return self.begun.at_s + time.monotonic() - self.started

    def measure(self, suite: str, workload: Workload, seats: list[Seat]) -> None:
        """Record everything about this case: nothing it does can end the run."""
        self._recall(workload, seats)
        done = self.begun.finished
        seats = [seat for seat in seats if (seat.contender.id, workload.case) not in done]
        seats = [seat for seat in seats if self._attempted(workload, seat, seats)]
        if not seats:
            return
        contenders = [seat.contender for seat in seats]
        reason = limits.memory_reason(workload, contenders, self.seed, self.cache)
        if reason:
            for seat in seats:
                self.write(Skipped(contender=seat.contender.id, case=workload.case, reason=reason))
            return
        self._note_state(workload, "before")
        cells = self._cells(suite, workload, seats)
        begun = max((cell.history.start for cell in cells), default=0)
        for start in range(begun, self.preset.starts):
            cells = self._start(workload, cells, start)
        self._note_state(workload, "after")

    def _start(self, workload: Workload, cells: list[Attempt], start: int) -> list[Attempt]:
        """Everything that one start of the workers sees; the cells of which the next is wanted."""
        for cell in cells:
            cell.history.enter(start)
        observed = [cell for cell in cells if cell.observe()]
        going = self._time(workload, [cell for cell in _agreed(observed) if cell.calibrate()])
        for cell in cells:
            cell.drop()
        if self.isolated or self.preset.starts > 1:
            for cell in cells:
                cell.seat.close()
        return going

    def _recall(self, workload: Workload, seats: list[Seat]) -> None:
        """How fast this case went before the run broke off foretells others as if it had not."""
        for seat in seats:
            known = self.begun.past.get((seat.contender.id, workload.case))
            if known:
                self.pace.learn(seat.contender, workload, min(known.rounds_s))

    def _time(self, workload: Workload, cells: list[Attempt]) -> list[Attempt]:
        """Rounds of all cells, then each is proved again; those that another start awaits."""
        done = [self.begun.rounds.get(workload.case, 0), *(cell.next_round for cell in cells)]
        endings = rounds.take_rounds(
            {cell.name: cell.turn for cell in cells},
            stopping.of_one_start(self.preset),
            order=self.order,
            mates=_mates(cells),
            histories={cell.name: cell.history for cell in cells},
            first_round=max(done),
        )
        timed = [cell for cell in cells if cell.name in endings]
        return [cell for cell in timed if cell.finish(endings[cell.name])]

    def _note_state(self, workload: Workload, phase: Literal["before", "after"]) -> None:
        self.write(State(case=workload.case, phase=phase, at_s=self.at_s, **state.read()))

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
                history = self.begun.past.get((seat.contender.id, workload.case)) or History()
                cells.append(Attempt(self, suite, workload, seat, expected, history))
                continue
            self._without_reference(seat.contender.id, workload.case, expected)
        return cells

    def _without_reference(self, contender: str, case: str, reason: str) -> None:
        """Withdrawn where the reference itself could not pass; failed where there is none."""
        word, _, why = reason.partition(": ")
        if word == "withdrawn":
            self.write(Skipped(contender=contender, case=case, reason=why, withdrawn=True))
        else:
            self.write(Failed(contender=contender, case=case, stage="reference", reason=reason))

    def _reference(self, workload: Workload, precision: str) -> Path | str:
        """The file of expected values, or why there is none."""
        try:
            return reference.expected(workload, precision, self.seed, self.cache)
        except (reference.NoReference, ShapeError, NoData, MemoryError) as error:
            return str(error) or type(error).__name__

    def _attempted(self, workload: Workload, seat: Seat, seats: Sequence[Seat]) -> bool:
        contender = seat.contender
        reason = self.pace.reason(contender, workload)
        beside = [each.contender for each in seats]
        reason = reason or limits.device_memory_reason(workload, contender, beside)
        if reason:
            self.write(Skipped(contender=contender.id, case=workload.case, reason=reason))
        return reason is None


def _mates(cells: Sequence[Attempt]) -> list[list[str]]:
    """Cells that are most likely compared: one framework on one device, in several versions."""
    together: dict[tuple[str, str], list[str]] = {}
    for cell in cells:
        contender = cell.seat.contender
        key = contender.spec.framework, contender.device.id
        together.setdefault(key, []).append(cell.name)
    return [names for names in together.values() if len(names) > 1]


def _agreed(cells: list[Attempt]) -> list[Attempt]:
    """Those that are right, after those of one precision have been held against one another: but
    for those of which it is known already that they are wrong."""
    found: dict[str, list[checks.Check]] = {cell.name: [] for cell in cells}
    for expected in {cell.expected for cell in cells}:
        right = [cell for cell in cells if cell.expected == expected and not cell.refuted]
        compared = {cell.name: cell.compared for cell in right}
        found |= agreement.checks(compared, agreement.relative_limits(expected))
    return [cell for cell in cells if cell.conclude(found[cell.name])]

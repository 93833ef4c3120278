"""What all cases of a run share: its settings, its clock, and what it has learned so far."""

from __future__ import annotations

import math
import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from bench.contenders.supervisor import Supervisor
from bench.meters.run_meters import Meters
from bench.plan import feasibility
from bench.plan.cost_forecast import Forecast
from bench.plan.presets import Preset
from bench.run.resume import Checkpoint
from bench.run.rounds import History
from bench.run.signals import Interrupts
from bench.run.standings import Board
from bench.schema import Record
from bench.terminal.progress import Progress
from frameworks import NULL
from suites.verification import reference
from suites.workload import Workload

Write = Callable[[Record], None]


@dataclass(kw_only=True)
class RunContext:
    """A run under way."""

    preset_name: str
    preset: Preset
    seed: int
    cache: reference.Cache
    """Of the reference's results."""
    record: Write
    progress: Progress
    pace: feasibility.SpeedEstimate
    forecast: Forecast
    interrupts: Interrupts
    meters: Meters
    begun: Checkpoint
    """What the run had done before it was resumed: nothing in most runs."""
    isolated: bool = False
    """Whether each case gets fresh workers."""
    started: float = field(default_factory=time.monotonic)
    still_s: float = 0.0
    """In which everything stood still while something was timed, which was done again."""
    order: random.Random = field(default_factory=random.Random)
    board: Board = field(default_factory=Board)

    def write(self, record: Record) -> None:
        """Keep the record, and what it says of a cell."""
        self.board.note(record)
        self.record(record)

    @property
    def at_s(self) -> float:
        """The run's own clock, which stands still while the run is broken off."""
        return self.begun.at_s + time.monotonic() - self.started

    def worked_s(self) -> float:
        """By a clock that stood still whenever everything did: for what work costs."""
        return time.monotonic() - self.still_s

    @property
    def left_s(self) -> float:
        """Of the run's time; infinite where there is no end to it."""
        return math.inf if self.preset.time_s is None else self.preset.time_s - self.at_s

    def history(self, supervisor: Supervisor, workload: Workload) -> History:
        """What was measured so far, before the run was resumed too."""
        return self.begun.past.setdefault((supervisor.contender.id, workload.case), History())

    def foretold_s(
        self, workload: Workload, supervisors: Sequence[Supervisor], rounds: int
    ) -> float:
        """Seconds that a visit of so many rounds will take."""
        cells_s = (
            self.forecast.cell_s(supervisor.contender, workload, rounds)
            for supervisor in supervisors
        )
        return sum(cells_s) + self.unsolved_s(workload, supervisors)

    def unsolved_s(self, workload: Workload, supervisors: Sequence[Supervisor]) -> float:
        """Seconds of the references that are still to be solved for these."""
        lacking = [
            precision
            for precision in by_precision(supervisors)
            if not reference.is_solved(workload, precision, self.seed, self.cache)
        ]
        return len(lacking) * self.forecast.reference_s(workload) if lacking else 0.0


def ranked(supervisors: Sequence[Supervisor]) -> list[Supervisor]:
    """Without those that measure the harness and compete with nobody."""
    return [
        supervisor for supervisor in supervisors if supervisor.contender.spec.framework != NULL.name
    ]


def by_precision(supervisors: Sequence[Supervisor]) -> dict[str, list[Supervisor]]:
    """Those that are ranked together."""
    found: dict[str, list[Supervisor]] = {}
    for supervisor in supervisors:
        found.setdefault(supervisor.contender.precision, []).append(supervisor)
    return found

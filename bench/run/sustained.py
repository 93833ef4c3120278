"""Sustained work: one contender at a time does one case for minutes, so that heat shows.

Rounds that take turns hide what this is about: each contender's rest cools the machine for the
next. Here each begins rested and works on, slice after slice, while the machine's state is noted.
"""

from __future__ import annotations

import time
from collections.abc import Sequence

from bench.contenders.supervisor import Supervisor
from bench.machine import state
from bench.plan.request import Sustained
from bench.run import stopping
from bench.run.case import Case
from bench.run.cell import Cell
from bench.run.schedule import Planned
from bench.run.session import RunContext
from bench.run.stopping import Adaptive, Ending
from bench.schema import State
from suites.workload import Workload

NOTED_EVERY_S = 5.0
"""Between two looks at the machine's state, each of which takes up to a tenth of a second."""


class SustainedCase(Case):
    """A case that one contender works at until its seconds are over."""

    def __init__(
        self, session: RunContext, suite: str, workload: Workload, wanted: Sustained
    ) -> None:
        super().__init__(session, suite, workload)
        self._wanted = wanted

    def _time(self, cells: list[Cell], rule: Adaptive) -> list[Cell]:
        for cell in cells:
            if self._worked(cell):
                why = f"{self._wanted.work_s / 60:g} minutes of work are done"
                cell.finish(Ending("time", why, None))
        return []

    def _worked(self, cell: Cell) -> bool:
        """Slices until their seconds add up, by the worker's clock, which the host's confirms."""
        history, noted_s = cell.history, -NOTED_EVERY_S
        while history.worked_s < self._wanted.work_s:
            if history.worked_s - noted_s >= NOTED_EVERY_S:
                noted_s = history.worked_s
                self._note(cell)
            begun = self.session.worked_s()
            number = cell.next_round
            step_s = cell.turn(number)
            if step_s is None:
                return False
            history.spent_s += self.session.worked_s() - begun
            history.taken_s[number] = step_s
        return True

    def _note(self, cell: Cell) -> None:
        now = {"case": self.name, "phase": "during", "at_s": self.session.at_s, **state.read()}
        self.session.write(State(contender=cell.name, **now))
        minutes = f"{cell.history.worked_s / 60:.1f} of {self._wanted.work_s / 60:g} minutes"
        self.session.progress.now(f"{cell.name}: {minutes}")


class SustainedSchedule:
    """Each contender at each case of a plan, alone, after a rest."""

    def __init__(
        self,
        session: RunContext,
        plan: Sequence[Planned],
        supervisors: list[Supervisor],
        wanted: Sustained,
    ) -> None:
        self._session, self._plan, self._supervisors = session, plan, supervisors
        self._wanted = wanted

    def left_s(self) -> float:
        """Seconds that all of it will take, at least."""
        each_s = self._wanted.work_s + self._wanted.rest_s
        return len(self._plan) * len(self._supervisors) * each_s

    def go(self) -> None:
        """All of it."""
        rule = stopping.of_one_start(self._session.preset)
        for number, (suite, workload) in enumerate(self._plan):
            for place, supervisor in enumerate(self._supervisors):
                if number or place:
                    self._rest(supervisor)
                case = SustainedCase(self._session, suite, workload, self._wanted)
                case.visit([supervisor], rule)
                supervisor.close()  # its threads shall not keep the machine warm

    def _rest(self, following: Supervisor) -> None:
        """The machine cools down; an interrupt ends that too."""
        if self._wanted.rest_s:
            name = following.contender.id
            self._session.progress.now(f"resting {self._wanted.rest_s:g} s before {name}")
            time.sleep(self._wanted.rest_s)

"""The order in which a run visits its cases: each once, the cheapest of each suite first. Where the
run's time is limited that is done roughly, and a part of it goes to cases that are undecided.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence

from bench.contenders.supervisor import Supervisor
from bench.run import stopping
from bench.run.case import Case
from bench.run.session import RunContext
from suites.workload import Workload

Planned = tuple[str, Workload]
"""Suite, as it was named, and workload."""

UNDECIDED = 0.4
"""Part of the cases that are expected to want a second visit."""

FIRST = 0.65
"""Part of the run's time after which undecided cases come before new ones: what was seen is worth
more to a reader who knows what it says."""


def breadth_first(plan: Iterable[Planned]) -> list[Planned]:
    """The suites take turns in the order in which they were named, each with its cheapest case that
    is left: so an early end finds every question answered, if roughly."""
    suites: dict[str, list[Planned]] = {}
    for planned in plan:
        suites.setdefault(planned[0], []).append(planned)
    columns = [sorted(cases, key=lambda planned: planned[1].flop) for cases in suites.values()]
    rows = itertools.zip_longest(*columns)
    return [planned for row in rows for planned in row if planned is not None]


class Schedule:
    """Visits to the cases of a plan, with these supervisors."""

    def __init__(
        self, session: RunContext, plan: Sequence[Planned], supervisors: list[Supervisor]
    ) -> None:
        self._session, self._supervisors, preset = session, supervisors, session.preset
        self._cases = [Case(session, suite, work) for suite, work in breadth_first(plan)]
        self._questions = len({suite for suite, _ in plan})
        self._fine = stopping.of_one_start(preset)
        limited = preset.time_s is not None and preset.starts == 1
        self._first = stopping.rough(preset) if limited else self._fine
        self._returns = self._fine.max_rounds > self._first.max_rounds

    def left_s(self, visited: int = 0) -> float:
        """Seconds that the cases after so many will take, and second visits, within the time."""
        session, rounds = self._session, self._first.min_rounds
        most = max(0.0, session.left_s)
        left_s = UNDECIDED * len(self._cases) * 2 * session.preset.budget_s if self._returns else 0
        for case in self._cases[visited:]:
            # What follows cannot change the answer, and to foretell it takes the host seconds.
            if left_s >= most:
                break
            left_s += session.foretold_s(case.workload, self._supervisors, rounds)
        return min(left_s, most)

    def go(self) -> None:
        """All of it."""
        whole_s = self._session.preset.time_s
        visited = self._visit(0, FIRST * whole_s if whole_s and self._returns else math.inf)
        self._return(self._cases[:visited])
        self._visit(visited, math.inf)
        self._return(self._cases)

    def _visit(self, visited: int, until_s: float) -> int:
        """Visit the cases after so many, until the run's clock stands there and every suite was
        visited; how many were."""
        for case in self._cases[visited:]:
            if self._session.at_s >= until_s and visited >= self._questions:
                break
            case.visit(self._supervisors, self._first)
            visited += 1
            self._session.progress.left(self.left_s(visited))
        return visited

    def _return(self, cases: Sequence[Case]) -> None:
        """To those of them that are undecided, for as long as there is time."""
        for case in cases if self._returns else ():
            supervisors = self._undecided(case)
            if supervisors and self._again_s(case, supervisors) <= self._session.left_s:
                case.visit_again(supervisors, self._fine)
                self._session.progress.left(max(0.0, self._session.left_s))

    def _undecided(self, case: Case) -> list[Supervisor]:
        """The first at the case and those that more rounds may tell from it; or none."""
        front = case.front(self._supervisors)
        return front if any(self._wants(supervisor, case) for supervisor in front) else []

    def _wants(self, supervisor: Supervisor, case: Case) -> bool:
        """Whether the rule has rounds and seconds left for it."""
        past = self._session.history(supervisor, case.workload)
        return past.rounds < self._fine.max_rounds and past.spent_s < self._fine.budget_s

    def _again_s(self, case: Case, supervisors: Sequence[Supervisor]) -> float:
        """Seconds of a second visit: as many as the first took, and the rest of the budgets."""
        spent_s = (
            self._session.history(supervisor, case.workload).spent_s for supervisor in supervisors
        )
        rest_s = sum(max(0.0, self._fine.budget_s - each) for each in spent_s)
        return rest_s + self._session.foretold_s(case.workload, supervisors, 0)

"""The tour of a run: every case is visited once, the cheapest of each suite first; where the run's
time is limited roughly, and what is left of it goes to the cases that are undecided."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence

from bench import stopping
from bench.case import Case
from bench.seat import Seat
from bench.session import Session
from suites.workload import Workload

Planned = tuple[str, Workload]
"""Suite, as it was named, and workload."""

UNDECIDED = 0.4
"""Part of the cases that are expected to want a second visit."""


def breadth_first(plan: Iterable[Planned]) -> list[Planned]:
    """The suites take turns in the order in which they were named, each with its cheapest case that
    is left: so an early end finds every question answered, if roughly."""
    suites: dict[str, list[Planned]] = {}
    for planned in plan:
        suites.setdefault(planned[0], []).append(planned)
    columns = [sorted(cases, key=lambda planned: planned[1].flop) for cases in suites.values()]
    rows = itertools.zip_longest(*columns)
    return [planned for row in rows for planned in row if planned is not None]


class Tour:
    """Visits to the cases of a plan, with these seats."""

    def __init__(self, session: Session, plan: Sequence[Planned], seats: list[Seat]) -> None:
        self._session, self._seats, preset = session, seats, session.preset
        self._cases = [Case(session, suite, work) for suite, work in breadth_first(plan)]
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
            left_s += session.foretold_s(case.workload, self._seats, rounds)
        return min(left_s, most)

    def go(self) -> None:
        """All of it."""
        progress = self._session.progress
        for visited, case in enumerate(self._cases, start=1):
            case.visit(self._seats, self._first)
            progress.left(self.left_s(visited))
        for case in self._cases if self._returns else ():
            seats = self._undecided(case)
            if seats and self._again_s(case, seats) <= self._session.left_s:
                case.visit_again(seats, self._fine)
                progress.left(max(0.0, self._session.left_s))

    def _undecided(self, case: Case) -> list[Seat]:
        """The first at the case and those that more rounds may tell from it; or none."""
        front = case.front(self._seats)
        return front if any(self._wants(seat, case) for seat in front) else []

    def _wants(self, seat: Seat, case: Case) -> bool:
        """Whether the rule has rounds and seconds left for it."""
        past = self._session.history(seat, case.workload)
        return past.rounds < self._fine.max_rounds and past.spent_s < self._fine.budget_s

    def _again_s(self, case: Case, seats: Sequence[Seat]) -> float:
        """Seconds of a second visit: as many as the first took, and the rest of the budgets."""
        spent_s = (self._session.history(seat, case.workload).spent_s for seat in seats)
        rest_s = sum(max(0.0, self._fine.budget_s - each) for each in spent_s)
        return rest_s + self._session.foretold_s(case.workload, seats, 0)

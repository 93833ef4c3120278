"""Rounds: cells of a case take turns in random order, so that drift hits all alike.

A cell that needs no more rounds takes none, and its time goes to the others; so does one that is
beyond doubt slower than the fastest. Contenders that are compared with each other (`mates`) keep
taking rounds until their ratio, not their times, is precise enough.
"""

from __future__ import annotations

import random
import statistics
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from bench.run.stopping import Ending, Rule
from bench.statistics.estimates import BEYOND

SPENT = Ending("budget", "the budget of the cell that it is compared with is spent", None)
LATE = Ending("time", "the time of the run was up", None)

Turn = Callable[[int], float | None]
"""One slice of one cell in the given round: seconds of a step, None when the cell broke."""


@dataclass
class History:
    """What is known of a cell: seconds of a step by round, and the time that went into it, in the
    start of its worker under way; and what was taken in all."""

    taken_s: dict[int, float] = field(default_factory=dict)
    spent_s: float = 0.0
    worked_s: float = 0.0
    """By its worker's clock, in slices of all starts."""
    samples: int = 0
    """Of all starts."""
    start: int = 0
    earlier_rounds: int = 0
    """Of the starts before this one."""

    @property
    def rounds_s(self) -> list[float]:
        """Seconds of a step in each round of the start under way."""
        return list(self.taken_s.values())

    @property
    def rounds(self) -> int:
        """Of all starts."""
        return self.earlier_rounds + len(self.taken_s)

    def enter(self, start: int) -> None:
        """Begin a later start, or stay in the one under way."""
        if start > self.start:
            self.start, self.earlier_rounds = start, self.rounds
            self.taken_s, self.spent_s = {}, 0.0

    def ratios(self, base: History) -> list[float]:
        """How many times as long as the base, in each round that both took part in."""
        shared = [number for number in self.taken_s if number in base.taken_s]
        return [self.taken_s[number] / base.taken_s[number] for number in shared]


@dataclass(frozen=True, kw_only=True)
class Groups:
    """Which cells are held against which."""

    mates: Sequence[Sequence[str]] = ()
    """Compared with the first of them, and with nobody else."""
    rivals: Sequence[Sequence[str]] = ()
    """Ranked together: who is beyond doubt slower than the first of them needs no more rounds."""
    sure_rounds: int = 3
    """Shared rounds from which on that can be said."""


def take_rounds(
    turns: Mapping[str, Turn],
    rule: Rule,
    *,
    order: random.Random,
    groups: Groups | None = None,
    histories: Mapping[str, History] | None = None,
    first_round: int = 0,
    over: Callable[[], bool] = lambda: False,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Ending]:
    """Run rounds until every cell is finished: why each was. Cells that broke are absent.

    `histories` are continued: they hold what had been measured before `first_round`. Once it is
    `over`, only cells that have no round yet get one.
    """
    known = {cell: (histories or {}).get(cell) or History() for cell in turns}
    state = _State(known, rule, groups or Groups())
    number = first_round
    while active := state.unfinished(late=over()):
        order.shuffle(active)
        for cell in active:
            if over() and known[cell].taken_s:
                continue
            begun = clock()
            step_s = turns[cell](number)
            known[cell].spent_s += clock() - begun
            if step_s is None:
                del known[cell]
            else:
                known[cell].taken_s[number] = step_s
        number += 1
    return state.endings(late=over())


class _State:
    """Which cells are finished, by what is known of them."""

    def __init__(self, known: dict[str, History], rule: Rule, groups: Groups) -> None:
        self._known, self._rule, self._groups = known, rule, groups
        mated = {cell for group in groups.mates for cell in group}
        self._together = [*groups.mates, *((cell,) for cell in known if cell not in mated)]

    def unfinished(self, *, late: bool) -> list[str]:
        """Cells that need a turn."""
        done = self.endings(late=late)
        return [cell for cell in self._known if cell not in done]

    def endings(self, *, late: bool) -> dict[str, Ending]:
        """Why each cell that is finished is; where it is late, every one that has a round."""
        found: dict[str, Ending] = {}
        for group in self._together:
            found |= self._of(group)
        if late:
            found |= {c: LATE for c, past in self._known.items() if past.taken_s and c not in found}
        return found

    def _of(self, group: Sequence[str]) -> dict[str, Ending]:
        base, *others = [cell for cell in group if cell in self._known] or [""]
        if not base:
            return {}
        if others:
            return self._of_mates(base, others)
        own = self._known[base]
        ending = self._behind(base) or self._rule.ending(own.rounds_s, own.spent_s)
        return {base: ending} if ending else {}

    def _behind(self, cell: str) -> Ending | None:
        """That it is beyond doubt slower than the first of its rivals."""
        own = self._known[cell]
        if not own.taken_s:
            return None
        group = next((g for g in self._groups.rivals if cell in g), ())
        others = {c: self._known[c] for c in group if c in self._known and self._known[c].taken_s}
        first = min(others, key=lambda c: statistics.median(others[c].rounds_s), default=cell)
        ratios = own.ratios(others[first]) if first != cell else []
        if len(ratios) < self._groups.sure_rounds or min(ratios) <= BEYOND:
            return None
        why = f"{min(ratios):.3g} times as long as {first} or longer in {len(ratios)} rounds"
        return Ending("slower", why, None)

    def _of_mates(self, base: str, others: Sequence[str]) -> dict[str, Ending]:
        """All of them or none."""
        found = {cell: self._ratio_ending(base, cell) for cell in others}
        if any(ending and ending.by == "budget" for ending in found.values()):
            found = {cell: ending or SPENT for cell, ending in found.items()}
        told = {cell: ending for cell, ending in found.items() if ending}
        return {base: next(iter(told.values())), **told} if len(told) == len(others) else {}

    def _ratio_ending(self, base: str, cell: str) -> Ending | None:
        """Why no more is needed of the ratio to the base: what slows both does not widen it."""
        own, other = self._known[cell], self._known[base]
        ending = self._rule.ending(own.ratios(other), max(own.spent_s, other.spent_s), ratio=True)
        return ending and replace(ending, why=f"ratio to {base}: {ending.why}")

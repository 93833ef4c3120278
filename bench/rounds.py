"""Rounds: cells of a case take turns in random order, so that drift hits all alike.

A cell that needs no more rests, and the time goes to those that do; but versions of one framework
(`mates`) go on together to the end, for it is their ratio that is asked for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from bench.stopping import Ending, Rule

SPENT = Ending("budget", "the budget of the cell that it is compared with is spent", None)

Turn = Callable[[int], float | None]
"""One slice of one cell in the given round: seconds of a step, None when the cell broke."""


@dataclass
class History:
    """What is known of a cell: seconds of a step by round, and the time that went into it, in the
    start of its worker under way; and what was taken in all."""

    rounds_s: list[float] = field(default_factory=list)
    spent_s: float = 0.0
    samples: int = 0
    """Of all starts."""
    start: int = 0
    earlier_rounds: int = 0
    """Of the starts before this one."""

    @property
    def rounds(self) -> int:
        """Of all starts."""
        return self.earlier_rounds + len(self.rounds_s)

    def enter(self, start: int) -> None:
        """Begin a later start, or stay in the one under way."""
        if start > self.start:
            self.start, self.earlier_rounds = start, self.rounds
            self.rounds_s, self.spent_s = [], 0.0


def take_rounds(
    turns: Mapping[str, Turn],
    rule: Rule,
    *,
    order: random.Random,
    mates: Sequence[frozenset[str]] = (),
    histories: Mapping[str, History] | None = None,
    first_round: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Ending]:
    """Run rounds until every cell is finished: why each was. Cells that broke are absent.

    `histories` are continued: they hold what a resumed run had measured before `first_round`.
    """
    known = {cell: (histories or {}).get(cell) or History() for cell in turns}
    endings: dict[str, Ending | None] = {
        cell: rule.ending(one.rounds_s, one.spent_s) for cell, one in known.items()
    }
    round_number = first_round
    while active := [cell for cell in endings if _goes_on(cell, endings, mates)]:
        order.shuffle(active)
        for cell in active:
            one, begun = known[cell], clock()
            step_s = turns[cell](round_number)
            one.spent_s += clock() - begun
            if step_s is None:
                del endings[cell]
                continue
            one.rounds_s.append(step_s)
            endings[cell] = rule.ending(one.rounds_s, one.spent_s)
        round_number += 1
    return {cell: ending or SPENT for cell, ending in endings.items()}


def _goes_on(
    cell: str, endings: Mapping[str, Ending | None], mates: Sequence[frozenset[str]]
) -> bool:
    """Whether the cell, or one it is compared with, is unfinished; a spent budget ends them all."""
    together = {cell}.union(*(group for group in mates if cell in group))
    known = [endings[mate] for mate in together if mate in endings]
    spent = any(ending is not None and ending.by == "budget" for ending in known)
    return not spent and any(ending is None for ending in known)

"""Rounds: every cell of a case takes a turn in each, in random order, so drift hits all alike."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from bench.stopping import Rule

Turn = Callable[[int], bool]
"""One slice of one cell in the given round; False when the cell broke and is out."""


@dataclass(frozen=True)
class Finished:
    """How a cell's sampling ended."""

    rounds: int
    reason: str


def take_rounds(
    turns: Mapping[str, Turn],
    rule: Rule,
    *,
    order: random.Random,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Finished]:
    """Run rounds until every cell is finished; cells that broke are absent from the result."""
    active, spent_s = list(turns), dict.fromkeys(turns, 0.0)
    finished: dict[str, Finished] = {}
    round_number = 0
    while active:
        order.shuffle(active)
        for cell in tuple(active):
            begun = clock()
            alive = turns[cell](round_number)
            spent_s[cell] += clock() - begun
            reason = rule.reason_to_stop(round_number + 1, spent_s[cell])
            if not alive:
                active.remove(cell)
            elif reason:
                finished[cell] = Finished(round_number + 1, reason)
                active.remove(cell)
        round_number += 1
    return finished

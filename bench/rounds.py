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
    """What is known of a cell: seconds of a step by round, and the time that went into it."""

    rounds_s: list[float] = field(default_factory=list)
    spent_s: float = 0.0
    samples: int = 0


@dataclass(frozen=True)
class Finished:
    """How a cell's sampling ended."""

    rounds: int
    ending: Ending


def take_rounds(
    turns: Mapping[str, Turn],
    rule: Rule,
    *,
    order: random.Random,
    mates: Sequence[frozenset[str]] = (),
    past: Mapping[str, History] | None = None,
    first_round: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Finished]:
    """Run rounds until every cell is finished; cells that broke are absent from the result.

    `past` is what a resumed run had measured before, up to `first_round`.
    """
    known = {cell: (past or {}).get(cell) or History() for cell in turns}
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
    return {
        cell: Finished(len(known[cell].rounds_s), ending or SPENT)
        for cell, ending in endings.items()
    }


def _goes_on(
    cell: str, endings: Mapping[str, Ending | None], mates: Sequence[frozenset[str]]
) -> bool:
    """Whether the cell, or one it is compared with, is unfinished; a spent budget ends them all."""
    together = {cell}.union(*(group for group in mates if cell in group))
    known = [endings[mate] for mate in together if mate in endings]
    spent = any(ending is not None and ending.by == "budget" for ending in known)
    return not spent and any(ending is None for ending in known)

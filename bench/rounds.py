"""Rounds: cells of a case take turns in random order, so that drift hits all alike.

A cell that needs no more rests, and the time goes to those that do. Versions of one framework
(`mates`) go on together until their ratio is known well enough, for that is what is asked for.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

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
    mates: Sequence[Sequence[str]] = (),
    histories: Mapping[str, History] | None = None,
    first_round: int = 0,
    clock: Callable[[], float] = time.monotonic,
) -> dict[str, Ending]:
    """Run rounds until every cell is finished: why each was. Cells that broke are absent.

    `mates` are compared with the first of them. `histories` are continued: they hold what a resumed
    run had measured before `first_round`.
    """
    known = {cell: (histories or {}).get(cell) or History() for cell in turns}
    mated = {cell for group in mates for cell in group}
    groups = [*mates, *((cell,) for cell in turns if cell not in mated)]
    round_number = first_round
    while True:
        unfinished = [group for group in groups if _endings(group, known, rule) is None]
        active = [cell for group in unfinished for cell in group if cell in known]
        if not active:
            break
        order.shuffle(active)
        for cell in active:
            begun = clock()
            step_s = turns[cell](round_number)
            known[cell].spent_s += clock() - begun
            if step_s is None:
                del known[cell]
            else:
                known[cell].rounds_s.append(step_s)
        round_number += 1
    return {
        cell: ending
        for group in groups
        for cell, ending in (_endings(group, known, rule) or {}).items()
    }


def _endings(
    group: Sequence[str], known: Mapping[str, History], rule: Rule
) -> dict[str, Ending] | None:
    """Why each of these cells, but for those that broke, is finished; None while one is not."""
    base, *others = [cell for cell in group if cell in known] or [""]
    if not base:
        return {}
    if not others:
        ending = rule.ending(known[base].rounds_s, known[base].spent_s)
        return {base: ending} if ending else None
    found = {cell: _ratio_ending(base, known[cell], known[base], rule) for cell in others}
    if any(ending and ending.by == "budget" for ending in found.values()):
        found = {cell: ending or SPENT for cell, ending in found.items()}
    told = {cell: ending for cell, ending in found.items() if ending}
    return {base: next(iter(told.values())), **told} if len(told) == len(others) else None


def _ratio_ending(name: str, own: History, base: History, rule: Rule) -> Ending | None:
    """Why no more is needed of the ratio to the base: what slows both does not widen it."""
    ratios = [mine / other for mine, other in zip(own.rounds_s, base.rounds_s, strict=False)]
    ending = rule.ending(ratios, max(own.spent_s, base.spent_s))
    return ending and replace(ending, why=f"ratio to {name}: {ending.why}")

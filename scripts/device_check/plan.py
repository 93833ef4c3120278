"""How the minutes are divided: each part gets its share of what is left, or does not fit."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

ENDING_S = 15.0
"""Kept of the minutes: a part is stopped at its end, and then what there is has to be written."""


@dataclass(frozen=True)
class Part:
    """One thing to do."""

    name: str
    share: float
    """Of the time left, beside the shares of the parts after it."""
    least_s: float
    """With less it would find nothing."""


@dataclass(frozen=True)
class LeftOut:
    """What there was no time for."""

    name: str
    reason: str


class Plan:
    """Seconds for parts that are done in their order; the last one gets all that is left."""

    def __init__(
        self, minutes: float, parts: Sequence[Part], clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._clock, self._begun = clock, clock()
        self._whole_s, self._left = 60 * minutes, list(parts)
        self.left_out: list[LeftOut] = []

    @property
    def spent_s(self) -> float:
        return self._clock() - self._begun

    @property
    def left_s(self) -> float:
        """Seconds for measuring."""
        return max(0.0, self._whole_s - ENDING_S - self.spent_s)

    def add(self, parts: Sequence[Part]) -> None:
        """Parts that became known meanwhile, after those there are."""
        self._left += parts

    def seconds(self, part: Part) -> float | None:
        """For the next part, of which it is asked when it begins; None where it does not fit."""
        self._left.remove(part)
        shares = part.share + sum(each.share for each in self._left)
        left_s = self.left_s  # once: the clock goes on
        # A ratio of 1 at most, rounded or not; `left_s * share / shares` may exceed `left_s`.
        given_s = max(part.least_s, left_s * (part.share / shares))
        if given_s <= left_s:
            return given_s
        reason = f"{left_s:.0f} s were left, it needs at least {part.least_s:.0f} s"
        self.left_out.append(LeftOut(part.name, reason))
        return None

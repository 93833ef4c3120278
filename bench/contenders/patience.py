"""How long an answer is waited for: in time in which this process itself ran.

A machine that sleeps, or a run that is suspended with its workers, makes nobody silent.
"""

from __future__ import annotations

import time
from collections.abc import Callable

STEP_S = 1.0
"""Longest wait without a look at the clock."""

OVERSLEPT = 2.0
"""A wait that took so many times as long as it might was none: this process stood still."""


class Patience:
    """With one answer. Of what it overslept at once, a step is counted at most."""

    def __init__(self, limit_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._left_s, self._longest_s = limit_s, min(STEP_S, limit_s / 4)
        self._clock, self._seen_s = clock, clock()
        self.stood_still_s = 0.0
        """Seconds that passed while this process did not run."""

    @property
    def step_s(self) -> float:
        """Seconds to wait now."""
        return max(0.0, min(self._left_s, self._longest_s))

    @property
    def over(self) -> bool:
        """Whether nothing is left of the limit."""
        return self._left_s <= 0

    def count(self) -> None:
        """Count what has passed since the last call."""
        now_s = self._clock()
        passed_s, self._seen_s = now_s - self._seen_s, now_s
        if passed_s > OVERSLEPT * self._longest_s:
            self.stood_still_s += passed_s - self._longest_s
            passed_s = self._longest_s
        self._left_s -= passed_s

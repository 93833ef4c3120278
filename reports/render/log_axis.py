"""A logarithmic axis of a drawing without a library: where a value lies, and its ticks."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass

_MOST_TICKS = 5
_MARGIN = 0.04
"""Part of the width that is left free at either end."""


@dataclass(frozen=True)
class LogAxis:
    """From the least to the largest value, with room at both ends."""

    low: float
    high: float

    @classmethod
    def over(cls, values: Iterable[float]) -> LogAxis:
        """Of these positive values; a single one gets a decade around it."""
        found = [value for value in values if value > 0 and math.isfinite(value)] or [1.0]
        low, high = min(found), max(found)
        return cls(low, high) if high > 1.2 * low else cls(low / 3, high * 3)

    def percent(self, value: float) -> float:
        """Where it lies, of the width; values beyond the ends lie at these."""
        inside = min(max(value, self.low), self.high)
        share = math.log(inside / self.low) / math.log(self.high / self.low)
        return round(100 * (_MARGIN + (1 - 2 * _MARGIN) * share), 2)

    def ticks(self, words: Callable[[float], str]) -> tuple[tuple[float, str], ...]:
        """Place in percent and text of at most five round values."""
        first, last = math.floor(math.log10(self.low)), math.ceil(math.log10(self.high))
        for steps in ((1, 2, 5), (1, 3), (1,)):
            values = [step * 10.0**power for power in range(first, last + 1) for step in steps]
            shown = [value for value in values if self.low <= value <= self.high]
            if len(shown) <= _MOST_TICKS:
                break
        shown = shown[:: math.ceil(len(shown) / _MOST_TICKS)] if shown else []
        return tuple((self.percent(value), words(value)) for value in shown)

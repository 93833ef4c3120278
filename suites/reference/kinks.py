"""Points where a derivative jumps: noted where rounding decides the side, and decided both ways."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from suites import tolerance
from suites.reference.model import Choice, Exact, Float64

Masks = npt.NDArray[np.bool_]


class Noted(Exact):
    """Decides as the values say, and notes how near each was to the other side."""

    def __init__(self, relative_error: float, batch: int) -> None:
        self._error = tolerance.MARGIN * relative_error
        self.margins: list[float] = []
        self.doubtful = np.zeros(batch, dtype=np.int64)

    def between(self, x: Any, low: float, high: float) -> Any:
        values = getattr(x, "_value", x)
        margin = self._margin(values)
        self._note((np.abs(values - low) <= margin) | (np.abs(values - high) <= margin))
        return super().between(x, low, high)

    def largest(self, seen: Float64) -> Choice:
        best, second = _two_largest(seen)
        margin = self._margin(best)
        # Of two zeros from a rectifier neither passes a gradient on.
        self._note((best - second <= margin) & ((best != 0) | (second != 0)))
        return super().largest(seen)

    def _margin(self, values: Float64) -> float:
        margin = self._error * float(np.sqrt(np.mean(np.square(values))))
        self.margins.append(margin)
        return margin

    def _note(self, near: Masks) -> None:
        self.doubtful += near.reshape(len(near), -1).sum(axis=1)


class Shifted(Exact):
    """Decides all doubtful kinks of the k-th use, by its margin, to one side or the other."""

    def __init__(self, margins: Sequence[float], sign: int) -> None:
        self._margins, self._sign = iter(margins), sign

    def between(self, x: Any, low: float, high: float) -> Any:
        shift = self._sign * next(self._margins)
        return (x > low + shift) & (x < high - shift)

    def largest(self, seen: Float64) -> Choice:
        margin, first = next(self._margins), super().largest(seen)
        if self._sign > 0:
            return first
        best, second = _two_largest(seen)
        others = seen.copy()
        np.put_along_axis(others, first[..., None], -np.inf, axis=-1)
        chosen: Choice = np.where(best - second <= margin, super().largest(others), first)
        return chosen


def _two_largest(seen: Float64) -> tuple[Float64, Float64]:
    if seen.shape[-1] == 1:
        return seen[..., 0], np.full(seen.shape[:-1], -np.inf)
    top = np.partition(seen, -2, axis=-1)
    return top[..., -1], top[..., -2]

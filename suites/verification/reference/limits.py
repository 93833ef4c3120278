"""Where a limit stands: in the middle, on a logarithmic scale, between what honest arithmetic does
to a number and what the smallest lie worth finding would do to it.

Where the two lie too near each other no check could tell them apart, and there is none.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from suites.verification.checks import along
from suites.verification.reference.meanings.arithmetic import Values, rms

ROOM = 36.0
"""By how many times the lie must exceed the honest error: six on each side of the limit."""

WRONG = (0.05, 0.5)
"""Shares of a number, or of an array, by which the smallest wrong answers are wrong: a gradient of
which a twentieth is missing, and, where rounding hides that, half of it."""

LEAST = 2.0**-22
"""Of a value: no float32 number is held to less than two units of its last place."""


@dataclass(frozen=True)
class Distance:
    """How far an array lies from the exact one: at its worst element, over all of them, and along
    the exact one itself, as a share of it: as if all of it were larger or smaller by so much."""

    worst: float
    overall: float
    along: float = math.inf

    @classmethod
    def between(cls, one: Values, other: Values) -> Distance:
        """Of two arrays of one shape; infinite where one is not finite."""
        apart = np.abs(np.asarray(one, np.float64) - np.asarray(other, np.float64))
        if not np.all(np.isfinite(apart)):
            return cls(math.inf, math.inf)
        return cls(float(np.max(apart, initial=0.0)), rms(apart), along(one, other))


@dataclass(frozen=True)
class Limit:
    """Accepted distance at the worst element, over all and along the exact array; None where
    nothing can stand between."""

    worst: float | None
    overall: float | None
    along: float | None = None

    @property
    def tells(self) -> bool:
        """Whether there is one."""
        return not (self.worst is None and self.overall is None and self.along is None)


def between(exact: Values, honest: Iterable[Values], lies: Iterable[Values]) -> Limit:
    """The limits of an array, by its exact values, honest solutions and lying ones."""
    far = [Distance.between(solution, exact) for solution in honest]
    lied = [Distance.between(solution, exact) for solution in lies]
    size, overall = rms(exact), max(each.overall for each in far)
    if not (math.isfinite(overall) and size > 0):
        return Limit(None, None)
    # A few solutions may all happen to err little there: independent errors leave so much.
    least = overall / size / math.sqrt(exact.size)
    return Limit(
        middle(
            max(each.worst for each in far),
            [each.worst for each in lied],
            float(np.max(np.abs(exact), initial=0.0)),
        ),
        middle(overall, [each.overall for each in lied], size),
        middle(max(least, *(each.along for each in far)), [each.along for each in lied], 1.0),
    )


def middle(honest: float, lies: Sequence[float], size: float) -> float | None:
    """Between the honest error and the smallest lie that leaves room: one of `lies`, or a share of
    `size`. None where none does, or nothing is finite."""
    if not (math.isfinite(honest) and math.isfinite(size) and size > 0):
        return None
    honest = max(honest, LEAST * size)
    candidates = sorted(lie for lie in (*lies, *(share * size for share in WRONG)) if lie > 0)
    for lie in candidates:
        if math.isfinite(lie) and lie >= ROOM * honest > 0:
            return math.sqrt(honest) * math.sqrt(lie)
    return None

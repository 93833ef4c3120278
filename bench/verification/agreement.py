"""Whether contenders agree with one another in numbers that each observed at the timed shape.

What is too large for the reference is checked on a smaller twin. That the large one is the same
work in every framework shows in its losses: each must lie near the median of all.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from suites.data.arrays import Array
from suites.verification.checks import Check

COMPARED = ("loss",)
"""Names of the numbers that contenders are compared in."""

ENOUGH = 3
"""Of two that differ nobody knows which one is wrong."""

Compared = Mapping[str, Sequence[float]]
"""Numbers by name, as `loss` of three steps."""


def relative_limits(expected: Mapping[str, Array]) -> dict[str, Array]:
    """How far, relative to its size, each value may lie from a right answer."""
    found = {name: expected.get(f"agree/{name}") for name in COMPARED}
    return {name: limit for name, limit in found.items() if limit is not None}


def checks(compared: Mapping[str, Compared], limits: Mapping[str, Array]) -> dict[str, list[Check]]:
    """A check for each contender and name that others observed too.

    As many values are compared as there are limits: a shorter twin has fewer. Two right answers
    may lie on either side of the truth, so a limit counts twice.
    """
    found: dict[str, list[Check]] = {contender: [] for contender in compared}
    for name, limit in limits.items():
        seen = {c: np.array(values[name]) for c, values in compared.items() if name in values}
        length = min([len(limit), *(len(values) for values in seen.values())])
        if len(seen) < ENOUGH or not length:
            continue
        middle = np.median([values[:length] for values in seen.values()], axis=0)
        accepted = 2 * limit[:length] * np.maximum(np.abs(middle), np.finfo(np.float32).tiny)
        accepted = np.maximum(accepted, np.finfo(np.float32).tiny)
        for contender, values in seen.items():
            errors = np.abs(values[:length] - middle)
            worst = int(np.argmax(errors / accepted))
            error, most = float(errors[worst]), float(accepted[worst])
            found[contender].append(Check(f"{name} beside others", error, most))
    return found

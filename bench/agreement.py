"""Whether contenders agree with one another in numbers that each observed at the timed shape.

What is too large for the reference is checked on a smaller twin. That the large one is the same
work in every framework shows in its losses: each must lie near the median of all.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from suites.checks import Check

Compared = Mapping[str, list[float]]
"""Numbers by name, as `loss` of three steps."""


def relative_limits(expected: Path) -> dict[str, float]:
    """How far, relative to its size, each expected value may lie from a right answer."""
    with np.load(expected, allow_pickle=False) as file:
        names = [key.removesuffix("|value") for key in file.files if key.endswith("|value")]
        return {
            name: float(np.max(file[f"{name}|limit"]) / np.max(np.abs(file[f"{name}|value"])))
            for name in names
            if np.any(file[f"{name}|value"])
        }


def checks(compared: Mapping[str, Compared], limits: Mapping[str, float]) -> dict[str, list[Check]]:
    """A check for each contender and name that others observed too.

    Two right answers may lie on either side of the truth, so the limit counts twice.
    """
    found: dict[str, list[Check]] = {contender: [] for contender in compared}
    for name, limit in limits.items():
        seen = {c: np.array(values[name]) for c, values in compared.items() if name in values}
        shapes = {values.shape for values in seen.values()}
        if len(seen) < 2 or len(shapes) > 1:
            continue
        middle = np.median(list(seen.values()), axis=0)
        for contender, values in seen.items():
            accepted = np.maximum(2 * limit * np.max(np.abs(middle)), np.finfo(np.float32).tiny)
            error = float(np.max(np.abs(values - middle)))
            found[contender].append(Check(f"{name} beside others", error, float(accepted)))
    return found

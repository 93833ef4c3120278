"""The arrays of an operation, drawn by seed and name."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suites.data.seeded_random import (
    UNIT_BOUND,
    Array,
    floats,
    frozen,
    generator,
    integers,
    uniform,
)
from suites.operations import Operand

PEAK = 2.0
"""The largest value of its row: all others are below UNIT_BOUND."""


def drawn(operands: Mapping[str, Operand], seed: int, stream: str = "") -> dict[str, Array]:
    """Read-only arrays by the operands' names: float32, or int32 where they are indices."""
    return {name: _drawn(each, seed, f"{stream}{name}") for name, each in operands.items()}


def _drawn(operand: Operand, seed: int, name: str) -> Array:
    if operand.below is not None:
        return integers(seed, name, operand.shape, operand.below)
    bound = UNIT_BOUND if operand.bound is None else operand.bound
    if operand.peak_axis is None:
        return uniform(seed, name, operand.shape, bound, operand.center)
    return _peaked(operand.shape, operand.peak_axis, seed, name)


def _peaked(shape: tuple[int, ...], axis: int, seed: int, name: str) -> Array:
    """With one value along the axis that no rounding makes another's equal."""
    values = floats(seed, name, shape, UNIT_BOUND)
    rest = (*shape[:axis], 1, *shape[axis + 1 :])
    places = (generator(seed, f"peaks of {name}").random(rest) * shape[axis]).astype(np.int64)
    np.put_along_axis(values, places, np.float32(PEAK), axis)
    return frozen(values)

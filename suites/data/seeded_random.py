"""Values drawn by seed and name, with the same bytes on every machine.

Only the generator's uniform floats are used: their bytes follow from integer arithmetic, while
normal variates pass through the C library's logarithm and may differ in the last bit.
"""

from __future__ import annotations

import math
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.layers import Shape

Array = npt.NDArray[Any]

UNIT_BOUND = math.sqrt(3)
"""Uniform values in [-sqrt(3), sqrt(3)) have mean 0 and variance 1."""


def uniform(seed: int, name: str, shape: Shape, bound: float, center: float = 0.0) -> Array:
    """Read-only float32 values in [center - bound, center + bound)."""
    return frozen(floats(seed, name, shape, bound, center))


def floats(seed: int, name: str, shape: Shape, bound: float, center: float = 0.0) -> Array:
    """The values of `uniform`, for the caller to change."""
    values = generator(seed, name).random(shape, dtype=np.float32)
    values *= np.float32(2 * bound)
    values -= np.float32(bound - center)
    return values


def integers(seed: int, name: str, shape: Shape, count: int) -> Array:
    """Read-only int32 values from 0 to count - 1."""
    draws = generator(seed, name).random(shape)
    return frozen((draws * count).astype(np.int32))


def signs(seed: int, name: str, length: int) -> Array:
    """Read-only float64 vector of -1 and +1: a probe for Freivalds' check."""
    return frozen(np.where(generator(seed, name).random(length) < 0.5, -1.0, 1.0))


def generator(seed: int, name: str) -> np.random.Generator:
    """A stream of its own for every seed and name."""
    entropy = np.random.SeedSequence([seed, zlib.crc32(name.encode())])
    return np.random.Generator(np.random.PCG64(entropy))


def frozen(array: Array) -> Array:
    """The same array, read-only."""
    array.flags.writeable = False
    return array

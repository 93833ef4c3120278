"""The same weights and data everywhere: drawn from one seed, with the same bytes on every machine.

Only the generator's uniform floats are used: their bytes follow from integer arithmetic, while
normal variates pass through the C library's logarithm and may differ in the last bit.
"""

from __future__ import annotations

import hashlib
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.layers import Shape, parameters
from suites.workload import Product, Train, Workload

Array = npt.NDArray[Any]

UNIT_BOUND = math.sqrt(3)
"""Uniform values in [-sqrt(3), sqrt(3)) have mean 0 and variance 1."""


@dataclass(frozen=True)
class Arrays:
    """Read-only inputs and initial weights of one workload; adapters copy what they keep."""

    inputs: Mapping[str, Array]
    weights: Mapping[str, Array]

    def sha256(self) -> str:
        """Hash of every name, shape, type and byte, in order of name."""
        digest = hashlib.sha256()
        for name, array in sorted({**self.inputs, **self.weights}.items()):
            digest.update(f"{name} {array.dtype} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


def make(workload: Workload, seed: int) -> Arrays:
    """Inputs and weights of a workload: float32, labels int32.

    Product: `a` [m, k] and `b` [k, n], none if generated. Forward: `x`. Train: `x` and `labels`
    [batch].
    """
    if isinstance(workload, Product):
        if workload.generated:
            return Arrays({}, {})
        shapes = {"a": (workload.m, workload.k), "b": (workload.k, workload.n)}
        return Arrays({n: uniform(seed, n, s, UNIT_BOUND) for n, s in shapes.items()}, {})
    inputs = {"x": uniform(seed, "x", workload.input_shape, UNIT_BOUND)}
    if isinstance(workload, Train):
        inputs["labels"] = _labels(seed, workload.input_shape[0], workload.classes)
    weights = {
        path: uniform(seed, path, parameter.shape, parameter.bound)
        for path, parameter in parameters(workload.model, workload.input_shape).items()
    }
    return Arrays(inputs, weights)


def uniform(seed: int, name: str, shape: Shape, bound: float) -> Array:
    """Read-only float32 values in [-bound, bound), from a stream that depends on seed and name."""
    values = _generator(seed, name).random(shape, dtype=np.float32)
    values *= np.float32(2 * bound)
    values -= np.float32(bound)
    return _frozen(values)


def signs(seed: int, name: str, length: int) -> Array:
    """Read-only float64 vector of -1 and +1: a probe for Freivalds' check."""
    return _frozen(np.where(_generator(seed, name).random(length) < 0.5, -1.0, 1.0))


def rounded(array: Array, precision: str) -> npt.NDArray[np.float64]:
    """The values as `precision` holds them (to nearest, ties to even), in float64."""
    if precision == "bfloat16":
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        even = (bits >> np.uint32(16)) & np.uint32(1)
        kept = (bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)
        return kept.view(np.float32).astype(np.float64)
    return array.astype(precision).astype(np.float64)


def _labels(seed: int, batch: int, classes: int) -> Array:
    draws = _generator(seed, "labels").random(batch)
    return _frozen((draws * classes).astype(np.int32))


def _generator(seed: int, name: str) -> np.random.Generator:
    entropy = np.random.SeedSequence([seed, zlib.crc32(name.encode())])
    return np.random.Generator(np.random.PCG64(entropy))


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array

"""The same weights and data everywhere: what every workload begins with, from one seed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from suites import data
from suites.draws import UNIT_BOUND, frozen, generator, integers, uniform
from suites.feed import Feed, prepared
from suites.layers import parameters, vocabulary
from suites.workload import Forward, Learn, Lifecycle, Product, Train, Workload

Array = npt.NDArray[Any]


@dataclass(frozen=True)
class Arrays:
    """Read-only inputs and initial weights of one workload; adapters copy what they keep."""

    inputs: Mapping[str, Array]
    weights: Mapping[str, Array]
    feed: Feed | None = None
    """Where a step whose inputs do not lie on the device gets its batch."""

    def sha256(self) -> str:
        """Hash of every name, shape, type and byte, in order of name."""
        digest = hashlib.sha256()
        for name, array in sorted({**self.inputs, **self.weights}.items()):
            digest.update(f"{name} {array.dtype} {array.shape} ".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()

    def batch(self) -> Mapping[str, Array]:
        """The host arrays of one step, as the workload's `inputs` makes them: copied by adapters
        in every step unless they lie on the device."""
        return self.inputs if self.feed is None else {**self.inputs, "x": self.feed.take()}

    def close(self) -> None:
        """End what prepares batches in the background."""
        if self.feed is not None:
            self.feed.close()


def make(workload: Workload, seed: int) -> Arrays:
    """Inputs and weights of a workload: float32; labels and tokens int32.

    Product: `a` [m, k] and `b` [k, n], none if generated. Forward: `x`. Train: `x` and `labels`
    [batch, ...]. Learn: `x`, `labels`, `test_x`, `test_labels`; Lifecycle: those of its learning.
    """
    match workload:
        case Product(generated=True):
            return Arrays({}, {})
        case Product():
            shapes = {"a": (workload.m, workload.k), "b": (workload.k, workload.n)}
            inputs = {n: uniform(seed, n, s, UNIT_BOUND) for n, s in shapes.items()}
            return Arrays(inputs, {})
        case Lifecycle():
            return make(workload.learn, seed)
        case Learn():
            return Arrays(data.load(workload.data, seed), _weights(workload, seed))
        case Forward() | Train():
            return _batch(workload, seed)


def _batch(workload: Forward | Train, seed: int) -> Arrays:
    shape, feed = workload.input_shape, None
    tokens = vocabulary(workload.model, shape)
    if workload.inputs in ("loop", "background"):
        raw = (generator(seed, "x").random(shape) * 256).astype(np.uint8)
        feed = Feed(raw, background=workload.inputs == "background")
        x = frozen(prepared(raw))
    elif tokens is not None:
        x = integers(seed, "x", shape, tokens)
    else:
        x = uniform(seed, "x", shape, UNIT_BOUND)
    inputs = {"x": x}
    if isinstance(workload, Train):
        places = workload.model.output_shape(shape)[:-1]
        inputs["labels"] = integers(seed, "labels", places, workload.classes)
    return Arrays(inputs, _weights(workload, seed), feed)


def _weights(workload: Forward | Train | Learn, seed: int) -> dict[str, Array]:
    return {
        path: uniform(seed, path, parameter.shape, parameter.bound, parameter.center)
        for path, parameter in parameters(workload.model, workload.input_shape).items()
    }


def rounded(array: Array, precision: str) -> Array:
    """The values as `precision` holds them (to nearest, ties to even), in float64; tokens stay."""
    if array.dtype.kind == "i":
        return array
    if precision == "bfloat16":
        bits = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
        even = (bits >> np.uint32(16)) & np.uint32(1)
        kept = (bits + np.uint32(0x7FFF) + even) & np.uint32(0xFFFF0000)
        return kept.view(np.float32).astype(np.float64)
    return array.astype(precision).astype(np.float64)


def single(array: Array) -> Array:
    """The values in float32; tokens stay."""
    return array if array.dtype.kind == "i" else array.astype(np.float32)

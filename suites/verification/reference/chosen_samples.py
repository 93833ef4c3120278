"""Which samples the first checked step is taken on: none of whose values lies within reach of a
kink, where rounding would decide a derivative."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from suites.data import arrays
from suites.layers import ELU, BatchNorm, LeakyReLU, MaxPool, ReLU, ReLU6, vocabulary, walk
from suites.verification.reference.meanings.arithmetic import (
    KINK_UNITS,
    UNIT_ROUNDOFF,
    Exact,
    Values,
    rms,
)
from suites.verification.reference.meanings.model import Pass, Weights
from suites.workload import Train

REACH = 2 * KINK_UNITS * UNIT_ROUNDOFF["float32"]
"""Of a layer's values: twice as far as honest solutions decide by chance."""

KINKED = (ReLU, ReLU6, LeakyReLU, ELU, MaxPool)
"""Layers whose derivative jumps somewhere."""

TRIES = 4
"""Batches' worth of samples that are looked at."""


def samples(workload: Train, weights: Weights, seed: int) -> tuple[int, ...]:
    """Numbers in the seed's stream of samples; none where the first ones will do, or no samples are
    drawn. Samples that do not meet are taken singly, with BatchNorm a whole batch, and the clearest
    there is where none is quite clear: honest solutions decide what is left both ways."""
    nodes = list(walk(workload.model, workload.input_shape))
    kinked = any(isinstance(node.layer, KINKED) for node in nodes)
    tokens = vocabulary(workload.model, workload.input_shape) is not None
    if not kinked or tokens:
        return ()
    batch = workload.input_shape[0]
    together = any(isinstance(node.layer, BatchNorm) for node in nodes)
    near: list[int] = []
    for begin in range(0, TRIES * batch, batch):
        near += _near(workload, weights, seed, range(begin, begin + batch))
        if together and not sum(near[begin:]):
            break
        if not together and near.count(0) >= batch:
            break
    if together:
        sums = [sum(near[begin : begin + batch]) for begin in range(0, len(near), batch)]
        first = batch * int(np.argmin(sums))
        return tuple(range(first, first + batch)) if first else ()
    order = np.sort(np.argsort(near, kind="stable")[:batch])
    chosen = tuple(int(number) for number in order)
    return () if chosen == tuple(range(batch)) else chosen


def _near(workload: Train, weights: Weights, seed: int, numbers: range) -> list[int]:
    """How many values of each of these samples lie near a kink."""
    batch = arrays.batch(workload, seed, tuple(numbers))
    noting = _Noting(len(batch["x"]))
    run = Pass({**weights, **batch}, training=True, arithmetic=noting)
    run.apply(workload.model, batch["x"])
    return [int(count) for count in noting.near]


class _Noting(Exact):
    """Counts by sample the values within reach of a kink, of which float32 errs a small part."""

    dtype = np.float32

    def __init__(self, batch: int) -> None:
        self.near: npt.NDArray[Any] = np.zeros(batch, dtype=np.int64)

    def between(self, x: Values, low: float, high: float) -> Values:
        reach = REACH * rms(x)
        self._note((np.abs(x - low) <= reach) | (np.abs(x - high) <= reach))
        return super().between(x, low, high)

    def largest(self, seen: Values) -> npt.NDArray[np.int64]:
        if seen.shape[-1] > 1:
            top = np.partition(seen, -2, axis=-1)
            best, second = top[..., -1], top[..., -2]
            # Of two zeros from a rectifier neither passes a gradient on.
            self._note((best - second <= REACH * rms(best)) & ((best != 0) | (second != 0)))
        return super().largest(seen)

    def _note(self, near: Values) -> None:
        self.near += near.reshape(len(near), -1).sum(axis=1)

"""What is looked at of an operation's results. NumPy only, for worker and host."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from suites.data.seeded_random import Array
from suites.operations import Result
from suites.verification.digests import digest, packed, some
from suites.workload import Operation

SAMPLED_WORK = 2**25
"""Of an operation whose results go by row, as many places are compared as this much work and so
many values give, two at least."""


def places(workload: Operation, seed: int) -> Array:
    """Indices along the inputs' first axis at which results are compared, taken by chance where
    all are too many."""
    operator = workload.operator
    count = next(iter(operator.inputs.values())).shape[0]
    work = max(workload.flop, *(each.values for each in operator.results.values()), workload.size)
    return some(count, max(2, int(SAMPLED_WORK * count // work)), seed)


def observe(workload: Operation, results: Mapping[str, Array], seed: int) -> dict[str, Array]:
    """Digests of one step's results, as far as they are there."""
    found: dict[str, Array] = {}
    for name, described in workload.operator.results.items():
        if name in results:
            array = results[name]
            taken = seen(array, described, places(workload, seed))
            shape = np.asarray(array.shape, np.int64)
            found |= packed(name, {**digest(taken, seed), "shape": shape})
    return found


def seen(array: Array, described: Result, at: Array) -> Array:
    """Of a result what is compared: the chosen places of one that goes by row, in sorted order
    where frameworks may differ in that."""
    if described.by_row and array.shape[:1] == described.shape[:1]:
        array = array[at]
    return np.sort(array, axis=-1) if described.any_order and array.ndim else array

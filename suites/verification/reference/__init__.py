"""The float64 reference: what every framework's answers are compared with.

Plain NumPy with gradients by `autograd`, for the host only. Results are cached by the hash of
everything they depend on, this package's source included (`solution_cache`).
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping

import numpy as np
import threadpoolctl

from suites.data import arrays
from suites.data.arrays import Array
from suites.verification.checks import Check
from suites.verification.reference import (
    decoding,
    expected_answers,
    expected_operations,
    expected_training,
    learning,
    solution_cache,
)
from suites.verification.reference.canonical import solved
from suites.verification.reference.expected import Expected, Solution, packed, unpacked
from suites.verification.reference.expected_answers import outputs
from suites.verification.reference.learning import evaluated
from suites.verification.reference.meanings.model import NoReference
from suites.verification.reference.solution_cache import Cache
from suites.workload import (
    Decode,
    Forward,
    Learn,
    Lifecycle,
    Operation,
    Product,
    Train,
    Workload,
    reduced_for_reference,
)

__all__ = [
    "Cache",
    "Expected",
    "NoReference",
    "Solution",
    "decoded",
    "evaluated",
    "expected",
    "is_solved",
    "needed_bytes",
    "outputs",
    "reach",
    "solve",
]


def expected(workload: Workload, precision: str, seed: int, cache: Cache) -> Solution:
    """Expected values and limits, computed unless they are in the cache. Raises NoReference where
    nothing can be told of any answer."""
    name = solution_cache.solution(workload, precision, seed)
    known = cache.read(name)
    entries = None if known is None else unpacked(known)
    if entries is None:
        entries = solve(workload, precision, seed).entries
        cache.write(name, packed(entries))
    return Solution(entries, _fingerprint(workload, precision, seed, cache, entries))


def _fingerprint(
    workload: Workload, precision: str, seed: int, cache: Cache, entries: Mapping[str, Array]
) -> str:
    """Hash of the workload's arrays, made to be hashed unless the cache knows it."""
    name = solution_cache.fingerprint(workload, precision, seed)
    known = cache.read(name)
    if known is not None:
        return known.decode("ascii", "replace")
    # The samples checked are the timed ones, unless a twin is checked.
    whole = reduced_for_reference(workload) == workload
    made = arrays.make(workload, seed, Solution(entries, "").drawn if whole else ())
    made.close()
    sha256 = made.sha256()
    cache.write(name, sha256.encode())
    return sha256


def is_solved(workload: Workload, precision: str, seed: int, cache: Cache) -> bool:
    """Whether the cache holds the expected values already."""
    return cache.holds(solution_cache.solution(workload, precision, seed))


def reach(expected: Solution, workload: Workload) -> str | None:
    """How far learning's answers can be checked, where that is not to the end."""
    learn = workload.learn if isinstance(workload, Lifecycle) else workload
    if not isinstance(learn, Learn):
        return None
    twin = reduced_for_reference(learn)
    assert isinstance(twin, Learn)
    if twin != learn:
        return f"answers were checked over {twin.batches} of {learn.epochs * learn.batches} steps"
    known = int(expected.entries["reach"])
    return (
        None
        if known == learn.epochs
        else f"answers were checked over {known} of {learn.epochs} epochs"
    )


def solve(workload: Workload, precision: str, seed: int) -> Expected:
    """Expected values from the initial weights, of what is checked of the workload.

    On one BLAS thread: more of them wait for one another, and use up the cores in waiting.
    """
    with (
        threadpoolctl.threadpool_limits(1),
        np.errstate(all="ignore"),  # what is not finite is noticed, and no limit then
        warnings.catch_warnings(),
    ):
        warnings.simplefilter("ignore", RuntimeWarning)
        result = _solve(workload, precision, seed)
    if not result.tells:
        raise NoReference(
            "withdrawn: rounding alone, or values that are not finite, reach as far in the "
            "float64 reference's own solutions as a wrong answer would"
        )
    return result


def _solve(workload: Workload, precision: str, seed: int) -> Expected:
    match solved(workload):
        case Product() as product:
            return expected_answers.solve_product(product, precision, seed)
        case Operation() as operation:
            return expected_operations.solve_operation(operation, precision, seed)
        case Forward() as forward:
            return expected_answers.solve_forward(forward, precision, seed)
        case Decode() as decode:
            return decoding.solve_decoding(decode, precision, seed)
        case Train() as train:
            assert isinstance(workload, Train)
            return expected_training.solve_training(train, precision, seed, workload)
        case Learn() as learn:
            return learning.solve_learning(learn, seed)
        case Lifecycle() as life:
            return learning.solve_learning(life.learn, seed, predicts=True)


def decoded(
    workload: Decode,
    precision: str,
    seed: int,
    expected: Solution,
    seen: Mapping[str, Array],
    phase: str,
) -> list[Check]:
    """Checks of what a contender wrote, along its own tokens."""
    work, limit = solved(workload), expected.entries["limits"]
    assert isinstance(work, Decode)
    return decoding.judge(work, precision, seed, limit, seen, phase)


def needed_bytes(workload: Workload) -> int:
    """Memory that `solve` takes, roughly: four times what a contender does in float32."""
    return 4 * workload.needed_bytes("float32")

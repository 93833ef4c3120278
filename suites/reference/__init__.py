"""The float64 reference: what every framework's answers are compared with.

Plain NumPy with gradients by `autograd`, for the host only. Results are cached by the hash of
everything they depend on, this package's source included (`store`).
"""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from suites import arrays, checks, tolerance
from suites.arrays import Array
from suites.reference import learning, store
from suites.reference.expected import Expected
from suites.reference.model import Float64, NoReference, Pass, Weights
from suites.reference.solved import solved
from suites.reference.store import arrays_sha256
from suites.reference.trained import solve_continued, solve_training
from suites.workload import (
    CHECKED_STEPS,
    Forward,
    Learn,
    Lifecycle,
    Product,
    Train,
    Workload,
)

__all__ = [
    "Expected",
    "NoReference",
    "arrays_sha256",
    "expected",
    "is_solved",
    "needed_bytes",
    "outputs",
    "solve",
    "solve_continued",
]


PART_BYTES = 2**22
"""Of inputs that pass through a model together."""


def expected(workload: Workload, precision: str, seed: int, cache: Path) -> Path:
    """The .npz file of expected values and limits, computed unless it is in the cache."""
    known = store.find(workload, precision, seed, cache)
    if known is not None:
        return known
    solution = store.solution(workload, precision, seed, cache)
    if not store.readable(solution):
        solve(workload, precision, seed).save(solution)
        store.prune(cache)
    return store.name(solution, workload, precision, seed)


def is_solved(workload: Workload, precision: str, seed: int, cache: Path) -> bool:
    """Whether the cache holds the expected values already."""
    return store.readable(store.solution(workload, precision, seed, cache))


def solve(workload: Workload, precision: str, seed: int) -> Expected:
    """Expected values from the initial weights, of what is checked of the workload."""
    match solved(workload):
        case Product(generated=True) as product:
            return _solve_generated(product)
        case Product() as product:
            return _solve_product(product, precision, seed)
        case Forward() as forward:
            return _solve_forward(forward, precision, seed)
        case Train() as train:
            # Not kept in a name here: a model's weights may fill much of the memory.
            return solve_training(
                train, precision, seed, arrays.make(train, seed).weights, CHECKED_STEPS
            )
        case Learn() as learn:
            return _solve_learning(learn, seed)
        case Lifecycle() as life:
            return _solve_learning(life.learn, seed, predicts=True)


def needed_bytes(workload: Workload) -> int:
    """Memory that `solve` takes, roughly: four times what a contender does in float32. For each
    parameter that is 48 bytes under SGD and 80 under Adam, of which 49 and 67 were seen in use."""
    return 4 * workload.needed_bytes("float32")


def outputs(model_of: Forward | Learn, weights: Weights, x: Array) -> Float64:
    """The model's output for x in inference, in float64."""
    result: Float64 = Pass(weights).apply(model_of.model, x)
    return result


def _solve_learning(workload: Learn, seed: int, *, predicts: bool = False) -> Expected:
    """Curves over the epochs; with `predicts` also the outputs for the test samples at the end."""
    made = arrays.make(workload, seed)
    exact = learning.learn(workload, made, np.float64)
    single = learning.learn(workload, made, np.float32)
    result = Expected()
    for name in ("train_loss", "test_loss"):
        value = exact.curves[name]
        limit = tolerance.loss_limit(workload, exact.logits, float(value.max()), "float32")
        distances = np.abs(single.curves[name] - value)
        result.add(name, value, learning.reach(distances, limit))
    reach = tolerance.output_limit(workload, exact.logits, "float32")
    result.add("correct", exact.curves["correct"], learning.doubtful(exact, single, reach))
    if predicts:
        reach += tolerance.MARGIN * tolerance.rms(single.logits - exact.logits)
        result.add("prediction", exact.logits, reach)
    return result


def _solve_product(workload: Product, precision: str, seed: int) -> Expected:
    inputs = arrays.make(workload, seed).inputs
    a, b = (arrays.rounded(inputs[name], precision) for name in ("a", "b"))
    rows = a[checks.sampled_rows(workload)] @ b
    probed = a @ (b @ checks.probe(workload, seed))
    result = Expected()
    result.add("rows", rows, tolerance.product_limit(workload.k, precision))
    result.add("probe", probed, tolerance.probe_limit(workload.k, workload.n, precision))
    return result


def _solve_generated(workload: Product) -> Expected:
    """The product of two standard normal vectors of length k has mean 0 and variance k."""
    draws, result = checks.drawn_products(workload) * workload.m * workload.n, Expected()
    spread = math.sqrt(2 / draws)  # of the mean of `draws` squared standard normals
    result.add("mean square", np.asarray(1.0), tolerance.MARGIN * spread)
    result.add("repeated", np.asarray(0.0), 0.5)  # bfloat16 has few values: some must repeat
    return result


def _solve_forward(workload: Forward, precision: str, seed: int) -> Expected:
    made = arrays.make(workload, seed)
    weights = {path: arrays.rounded(array, precision) for path, array in made.weights.items()}
    x = arrays.rounded(made.inputs["x"][checks.sampled_samples(workload)], precision)
    made.close()
    # In inference samples do not meet: a few at a time leave their arrays in the processor's cache.
    parts = np.array_split(x, min(len(x), max(1, x.nbytes // PART_BYTES)))
    output = np.concatenate([outputs(workload, weights, part) for part in parts])
    result = Expected()
    result.add("output", output, tolerance.output_limit(workload, output, precision))
    return result

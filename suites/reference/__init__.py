"""The float64 reference: what every framework's answers are compared with.

Plain NumPy with gradients by `autograd`, for the host only. Results are cached by the hash of
everything they depend on, this package's source included.
"""

from __future__ import annotations

import functools
import hashlib
import math
import os
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from suites import arrays, checks, tolerance
from suites.arrays import Array
from suites.layers import parameters
from suites.reference import learning, training
from suites.reference.model import Float64, NoReference, Pass, Weights
from suites.training_checks import change_name, gradient_name, update_name
from suites.workload import (
    CHECKED_STEPS,
    SGD,
    Adam,
    Forward,
    Learn,
    Lifecycle,
    Product,
    Train,
    Workload,
    checkable,
    definition_hash,
)

__all__ = ["Expected", "NoReference", "arrays_sha256", "expected", "outputs", "solve"]

_SHA256 = "arrays|sha256"


class Expected:
    """Expected values and their limits by check, as they go to the file."""

    def __init__(self) -> None:
        self.entries: dict[str, Array] = {}

    def add(self, name: str, value: Float64, limit: Float64 | float) -> None:
        """A limit is one number or one for each element; none becomes 0, which has no multiple."""
        self.entries[f"{name}|value"] = np.asarray(value)
        self.entries[f"{name}|limit"] = np.maximum(limit, float(np.finfo(np.float32).tiny))

    def save(self, path: Path) -> None:
        """Write aside, rename into place: a reader never sees half a file."""
        path.parent.mkdir(parents=True, exist_ok=True)
        aside = path.with_name(f".{os.getpid()}.{path.name}")
        with aside.open("wb") as file:
            np.savez(file, **self.entries)  # type: ignore[arg-type]
        aside.replace(path)


def expected(workload: Workload, precision: str, seed: int, cache: Path) -> Path:
    """The .npz file of expected values and limits, computed unless it is in the cache."""
    key = f"{definition_hash(workload)} {precision} {seed} {source_hash()}"
    path = cache / f"{hashlib.sha256(key.encode()).hexdigest()}.npz"
    if not _readable(path):
        solved = solve(workload, precision, seed)
        made = arrays.make(workload, seed)
        solved.entries[_SHA256] = np.asarray(made.sha256())
        made.close()
        solved.save(path)
    return path


def _readable(path: Path) -> bool:
    """Whether the cache holds a whole file; a damaged one counts as absent."""
    try:
        return len(arrays_sha256(path)) > 0
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return False


def arrays_sha256(path: Path) -> str:
    """Hash of the arrays of the workload these expected values are for."""
    with np.load(path, allow_pickle=False) as file:
        return str(file[_SHA256])


@functools.cache
def source_hash() -> str:
    """Hash of the files a reference depends on."""
    suites = Path(__file__).parents[1]
    names = "arrays checks cost data draws feed idx tolerance training_checks"
    files = [suites / f"{name}.py" for name in names.split()]
    for folder in ("layers", "reference", "workload"):
        files += sorted(suites.glob(f"{folder}/*.py"))
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()


def solve(workload: Workload, precision: str, seed: int) -> Expected:
    """Expected values from the initial weights, of what is checked of the workload."""
    match checkable(workload):
        case Product(generated=True) as product:
            return _solve_generated(product)
        case Product() as product:
            return _solve_product(product, precision, seed)
        case Forward() as forward:
            return _solve_forward(forward, precision, seed)
        case Train() as train:
            initial = arrays.make(train, seed).weights
            return solve_training(train, precision, seed, initial, CHECKED_STEPS)
        case Learn() as learn:
            return _solve_learning(learn, seed)
        case Lifecycle() as life:
            return _solve_learning(life.learn, seed, predicts=True)


def outputs(model_of: Forward | Learn, weights: Weights, x: Array) -> Float64:
    """The model's output for x in inference, in float64."""
    result: Float64 = Pass(weights).apply(model_of.model, x)
    return result


def solve_continued(
    workload: Train, precision: str, seed: int, state: Mapping[str, Array]
) -> Expected:
    """What one more step makes of a `state` that earlier steps returned."""
    checked = checkable(workload)
    assert isinstance(checked, Train)
    weights = {path: state[path] for path in parameters(checked.model, checked.input_shape)}
    names = {path: Adam.first_moment(path) for path in weights}
    moments = {path: state[name] for path, name in names.items() if name in state}
    return solve_training(checked, precision, seed, weights, 1, moments)


def solve_training(
    workload: Train,
    precision: str,
    seed: int,
    initial: Mapping[str, Array],
    steps: int,
    moments: Mapping[str, Array] | None = None,
) -> Expected:
    """Losses over `steps` steps from any weights, and what `checks.observe_training` looks at:
    every change over the steps under SGD, the first step's gradients under Adam.

    `moments` are Adam's first moments before the step, by path.
    """
    made = arrays.make(workload, seed)
    x, labels = arrays.rounded(made.inputs["x"], precision), made.inputs["labels"]
    start = {path: arrays.rounded(array, precision) for path, array in initial.items()}
    exact = training.train(workload, start, x, labels, steps)
    narrow = {path: arrays.single(weight) for path, weight in start.items()}
    single = training.train(workload, narrow, arrays.single(x), labels, steps)
    result = Expected()
    logits = Pass(start, training=True).apply(workload.model, x)
    limit = tolerance.loss_limit(workload, logits, float(exact.losses.max()), precision)
    astray = np.maximum.accumulate(np.abs(single.losses - exact.losses))
    result.add("loss", exact.losses, limit + tolerance.MARGIN * astray)
    _add_changes(result, workload, exact.steps, single.steps, precision)
    if not isinstance(workload.optimizer, SGD):
        _add_gradients(result, workload, exact.steps[0], single.steps[0], precision, moments or {})
    return result


def _add_changes(
    result: Expected,
    workload: Train,
    exact: list[training.Step],
    single: list[training.Step],
    precision: str,
) -> None:
    """Changes over these steps: of every weight under SGD, else of the running averages alone."""
    by_rule = isinstance(workload.optimizer, SGD)
    doubt: dict[str, Any] = {}
    if by_rule:
        made = [training.doubt(workload, step, precision) for step in exact]
        doubt = {path: sum(each[path] for each in made) for path in made[0]}
    start, end = exact[0].before, exact[-1].after
    for path, weight in start.items():
        if by_rule or path not in exact[0].gradients:
            change = end[path] - weight
            seen = np.asarray(single[-1].after[path], dtype=np.float64) - single[0].before[path]
            limit = tolerance.gradient_limit(workload, change, precision)
            limit += tolerance.storage_limit(weight, len(exact), precision)
            limit += tolerance.MARGIN * tolerance.rms(seen - change)
            result.add(
                change_name(path),
                change,
                limit + 2 * workload.optimizer.lr * doubt.get(path, 0.0),
            )


def _add_gradients(
    result: Expected,
    workload: Train,
    exact: training.Step,
    single: training.Step,
    precision: str,
    moments: Mapping[str, Array],
) -> None:
    doubt = training.doubt(workload, exact, precision)
    for path, gradient in exact.gradients.items():
        limit = tolerance.gradient_limit(workload, gradient, precision)
        limit += tolerance.MARGIN * tolerance.rms(single.gradients[path] - gradient)
        limit += tolerance.moment_limit(workload, moments.get(path, 0.0), precision)
        result.add(gradient_name(path), gradient, limit + 2 * doubt[path])
        if not moments:  # after unknown steps the correction cannot be known
            result.add(update_name(path), np.asarray(0.0), 1.0)


def _solve_learning(workload: Learn, seed: int, *, predicts: bool = False) -> Expected:
    """Curves over the epochs; with `predicts` also the outputs for the test samples at the end."""
    made = arrays.make(workload, seed)
    exact = learning.learn(workload, made, np.float64)
    single = learning.learn(workload, made, np.float32)
    result = Expected()
    for name in ("train_loss", "test_loss"):
        value = exact.curves[name]
        limit = tolerance.loss_limit(workload, exact.logits, float(value.max()), "float32")
        astray = np.maximum.accumulate(np.abs(single.curves[name] - value))
        result.add(name, value, limit + tolerance.MARGIN * astray)
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
    output = outputs(workload, weights, x)
    result = Expected()
    result.add("output", output, tolerance.output_limit(workload, output, precision))
    return result

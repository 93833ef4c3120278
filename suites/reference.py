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
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt
from autograd import value_and_grad

from suites import arrays, checks, tolerance
from suites.arrays import Array
from suites.layers import Flatten, Layer, Linear, ReLU, Residual, Sequential, join
from suites.workload import CHECKED_STEPS, Forward, Product, Train, Workload, definition_hash

Float64 = npt.NDArray[np.float64]
Weights = Mapping[str, Float64]
Rectify = Callable[[Any], Any]


class NoReference(ValueError):
    """The reference cannot do this work; the message says what it lacks."""


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
        solved.entries[_SHA256] = np.asarray(arrays.make(workload, seed).sha256())
        solved.save(path)
    return path


def _readable(path: Path) -> bool:
    """Whether the cache holds a whole file; a damaged one counts as absent."""
    try:
        return len(arrays_sha256(path)) > 0
    except (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile):
        return False


def arrays_sha256(path: Path) -> str:
    """Hash of the arrays that these expected values were worked out from."""
    with np.load(path, allow_pickle=False) as file:
        return str(file[_SHA256])


def solve(workload: Workload, precision: str, seed: int) -> Expected:
    """Expected values from the initial weights."""
    match workload:
        case Product(generated=True):
            return _solve_generated(workload)
        case Product():
            return _solve_product(workload, precision, seed)
        case Forward():
            return _solve_forward(workload, precision, seed)
        case Train():
            initial = arrays.make(workload, seed).weights
            return solve_training(workload, precision, seed, initial, CHECKED_STEPS)


def solve_training(
    workload: Train, precision: str, seed: int, initial: Mapping[str, Array], steps: int
) -> Expected:
    """Losses and changes over `steps` steps from any weights.

    Limits are widened by `_doubt` where rounding may rightly decide a rectifier's derivative.
    """
    inputs = arrays.make(workload, seed).inputs
    x, labels = arrays.rounded(inputs["x"], precision), inputs["labels"]
    current = start = {p: arrays.rounded(array, precision) for p, array in initial.items()}
    doubt: dict[str, Any] = dict.fromkeys(start, 0.0)
    losses = []
    for _ in range(steps):
        step_doubt = _doubt(workload, current, x, labels, precision)
        loss, changes = one_step(workload, current, x, labels)
        losses.append(loss)
        doubt = {p: doubt[p] + step_doubt[p] for p in doubt}
        current = {p: w + changes[p] for p, w in current.items()}
    result = Expected()
    limit = tolerance.loss_limit(workload, outputs(workload, start, x), max(losses), precision)
    result.add("loss", np.array(losses), limit)
    for path, weight in start.items():
        change = current[path] - weight
        limit = tolerance.change_limit(workload, change, weight, steps, precision)
        result.add(checks.change_name(path), change, limit + 2 * doubt[path])
    return result


def forward(layer: Layer, weights: Mapping[str, Any], x: Any, path: str, relu: Rectify) -> Any:
    """The layer applied to x, in whatever arithmetic the arrays carry."""
    match layer:
        case Sequential():
            for name, child in layer.children:
                x = forward(child, weights, x, join(path, name), relu)
            return x
        case Residual():
            return x + forward(layer.body, weights, x, join(path, "body"), relu)
        case Linear():
            y = anp.dot(x, anp.transpose(weights[join(path, "weight")]))
            return y + weights[join(path, "bias")] if layer.bias else y
        case ReLU():
            return relu(x)
        case Flatten():
            return anp.reshape(x, (x.shape[0], -1))
    raise NoReference(f"the reference has no {type(layer).__name__}; see docs/adding.md")


def outputs(workload: Forward | Train, weights: Weights, x: Float64) -> Float64:
    """The model's output for x, in float64."""
    result: Float64 = forward(workload.model, weights, x, "", _relu)
    return result


def one_step(
    workload: Train, weights: Weights, x: Float64, labels: Array, relu: Rectify | None = None
) -> tuple[float, dict[str, Float64]]:
    """The loss at these weights and every parameter's change in one training step."""

    def loss(current: Weights) -> Any:
        return cross_entropy(forward(workload.model, current, x, "", relu or _relu), labels)

    value, gradients = value_and_grad(loss)(dict(weights))
    return float(value), {p: -workload.optimizer.lr * g for p, g in gradients.items()}


def cross_entropy(logits: Any, labels: Array) -> Any:
    """Mean over the batch of -log softmax(logits)[label]."""
    shifted = logits - anp.max(logits, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(shifted), axis=1))
    return anp.mean(log_total - shifted[np.arange(len(labels)), labels])


@functools.cache
def source_hash() -> str:
    """Hash of the files a reference depends on."""
    folder = Path(__file__).parent
    names = ("arrays", "checks", "layers", "reference", "tolerance", "workload")
    return hashlib.sha256(b"".join((folder / f"{n}.py").read_bytes() for n in names)).hexdigest()


def _relu(x: Any) -> Any:
    return x * (x > 0)


def _doubt(
    workload: Train, weights: Weights, x: Float64, labels: Array, precision: str
) -> dict[str, Any]:
    """By how much each parameter's change depends on signs that rounding decides.

    Where a rectifier's input is as small as its rounding error, a derivative of 0 and of 1 are
    both right. For every sample with such an input the change is worked out with all of them
    down and up; the differences add up without cancelling, as any of them may occur alone.
    """
    batch = len(x)
    near, margins = np.zeros(batch, dtype=bool), []

    def note(z: Float64) -> Float64:
        margins.append(tolerance.kink_margin(workload, z, precision))
        near[:] |= np.any(np.abs(z).reshape(batch, -1) <= margins[-1], axis=1)
        return np.maximum(z, 0)

    forward(workload.model, weights, x, "", note)
    doubt: dict[str, Any] = dict.fromkeys(weights, 0.0)
    for index in np.flatnonzero(near):
        one = slice(index, index + 1)
        low, high = (
            one_step(workload, weights, x[one], labels[one], _shifted(margins, sign))[1]
            for sign in (-1, 1)
        )
        doubt = {p: doubt[p] + np.abs(high[p] - low[p]) / batch for p in doubt}
    return doubt


def _shifted(margins: Sequence[float], sign: int) -> Rectify:
    """A rectifier whose k-th use switches `sign` times the k-th margin away from zero."""
    shifts = iter(margins)
    return lambda x: x * (x > sign * next(shifts))


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
    x = arrays.rounded(made.inputs["x"], precision)
    output = outputs(workload, weights, x)
    result = Expected()
    result.add("output", output, tolerance.output_limit(workload, output, precision))
    return result

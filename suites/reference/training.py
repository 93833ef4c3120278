"""Training in float64, and how far rounding may rightly carry it.

Three things widen a limit beyond the sums' own rounding: kinks whose side rounding decides, the
conditioning of the model, and the steps already taken. The first is worked out by deciding them
both ways; the others by doing the same steps in float32 and looking how far they go astray.
"""

from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt
from autograd import value_and_grad

from suites import tolerance
from suites.arrays import Array
from suites.layers import BatchNorm, parameters, walk
from suites.reference.model import Choice, Exact, Float64, Kinks, Pass, Weights, cross_entropy
from suites.workload import SGD, Adam, Learn, Optimizer, Train

Masks = npt.NDArray[np.bool_]

BLOCK = 2**15
"""Elements of a weight updated together."""


@dataclass(frozen=True)
class Step:
    """What one training step makes of the weights it began with."""

    x: Array
    labels: Array
    before: Weights
    loss: float
    gradients: Weights
    """Of the learned weights."""
    after: Weights
    """Learned weights and running averages."""
    moments: Weights
    """Adam's, by the names it gives them."""


@dataclass(frozen=True)
class Trained:
    """The losses of all steps, and those steps whose effect on the weights is looked at."""

    losses: Float64
    steps: list[Step]


def train(workload: Train, weights: Weights, x: Array, labels: Array, count: int) -> Trained:
    """`count` steps on one batch. Under SGD all of them are looked at, under Adam the first, of
    which only the gradients and running averages are kept: large models would fill the memory."""
    taken = steps(workload, weights, itertools.repeat((x, labels)))
    if isinstance(workload.optimizer, SGD):
        kept = list(itertools.islice(taken, count))
        return Trained(np.array([step.loss for step in kept]), kept)
    first = next(taken)
    middle = [(step.loss, step.after) for step in itertools.islice(taken, max(0, count - 2))]
    losses = [first.loss, *(loss for loss, _ in middle)]
    if count > 1:  # of the last step only the loss is looked at
        run = Pass(middle[-1][1] if middle else first.after, training=True)
        losses.append(float(cross_entropy(run.apply(workload.model, x), labels)))
    averages = {path: first.after[path] for path in first.after if path not in first.gradients}
    first = dataclasses.replace(first, after=averages, moments={})
    return Trained(np.array(losses), [first])


def steps(
    workload: Train | Learn, weights: Weights, batches: Iterator[tuple[Array, Array]]
) -> Iterator[Step]:
    """Training from `weights`, a step for each batch (x, labels), in the arithmetic they have."""
    state = _State(workload.optimizer)
    for x, labels in batches:
        loss, gradients, averages = gradient(workload, weights, x, labels)
        after = {**weights, **averages, **state.updated(weights, gradients)}
        yield Step(x, labels, weights, loss, gradients, after, state.moments())
        weights = after


def gradient(
    workload: Train | Learn, weights: Weights, x: Array, labels: Array, kinks: Kinks | None = None
) -> tuple[float, dict[str, Any], dict[str, Any]]:
    """The loss at these weights, its gradients, and the new running averages."""
    paths = learned(workload)
    fixed = {path: weight for path, weight in weights.items() if path not in paths}
    averages: dict[str, Any] = {}

    def loss(current: Mapping[str, Any]) -> Any:
        run = Pass({**fixed, **{path: current[path] for path in paths}}, training=True)
        run.kinks = kinks or Exact()
        result = cross_entropy(run.apply(workload.model, x), labels)
        averages.update({path: getattr(a, "_value", a) for path, a in run.averages.items()})
        return result

    value, gradients = value_and_grad(loss)({path: weights[path] for path in paths})
    return float(value), gradients, averages


@dataclass
class _State:
    """An optimizer's memory."""

    optimizer: Optimizer
    count: int = 0
    first: dict[str, Any] = field(default_factory=dict)
    second: dict[str, Any] = field(default_factory=dict)

    def updated(self, weights: Weights, gradients: Weights) -> dict[str, Any]:
        """The learned weights after one step."""
        rule = self.optimizer
        if isinstance(rule, SGD):
            return {path: weights[path] - rule.lr * g for path, g in gradients.items()}
        self.count += 1
        after = {}
        for path, g in gradients.items():
            first, second = (kept.get(path, np.zeros_like(g)) for kept in (self.first, self.second))
            made = _by_adam(rule, self.count, weights[path], g, first, second)
            after[path], self.first[path], self.second[path] = made
        return after

    def moments(self) -> dict[str, Any]:
        first = {Adam.first_moment(path): m for path, m in self.first.items()}
        return first | {Adam.second_moment(path): v for path, v in self.second.items()}


def _by_adam(
    rule: Adam, count: int, weight: Array, gradient: Array, first: Array, second: Array
) -> tuple[Array, Array, Array]:
    """The weight and its moments after step `count`. In blocks that stay in the processor's cache:
    over whole arrays the update takes longer than many a model's products."""
    kind = gradient.dtype.type
    # In float32, 1 - beta is rounded too: frameworks may work it out there.
    beta1, beta2 = kind(rule.beta1), kind(rule.beta2)
    results = tuple(np.empty(gradient.shape, kind) for _ in range(3))
    before = [np.ravel(array) for array in (weight, gradient, first, second)]
    for begin in range(0, gradient.size, BLOCK):
        block = slice(begin, begin + BLOCK)
        w, g, m, v = (array[block] for array in before)
        m = beta1 * m + (1 - beta1) * g
        v = beta2 * v + (1 - beta2) * g * g
        root = np.sqrt(v / (1 - beta2**count))
        w = w - rule.lr * (m / (1 - beta1**count)) / (root + rule.eps)
        for result, values in zip(results, (w, m, v), strict=True):
            result.reshape(-1)[block] = values
    weight, first, second = results
    return weight, first, second


@dataclass
class Doubt:
    """By how much one gradient depends on kinks whose side rounding decides."""

    reach: Any = 0.0
    """Of each element, or of any."""
    overall: float = 0.0
    """Root mean square over the array."""

    def add(self, apart: Float64, *, alone: bool) -> None:
        """The effect of one group's kinks; several may cancel in some element."""
        self.reach = self.reach + (apart if alone else np.max(apart))
        self.overall += tolerance.rms(apart)


def doubt(workload: Train, step: Step, precision: str) -> dict[str, Doubt]:
    """By how much each gradient of the step depends on kinks whose side rounding decides.

    A group of samples that influence one another (one sample, or with BatchNorm the batch) is
    solved with all its doubtful kinks on one side, then on the other. The differences of groups
    add up without cancelling. Within a group of several doubtful kinks they may cancel in some
    element: there the largest of the array stands for all.
    """
    weights, x, labels = step.before, step.x, step.labels
    noted = _Noted(tolerance.relative_error(tolerance.sums(workload), precision), len(x))
    Pass(weights, training=True, kinks=noted).apply(workload.model, x)
    total = {path: Doubt() for path in step.gradients}
    for group in _groups(workload, len(x)):
        kinks = int(noted.doubtful[group].sum())
        if not kinks:
            continue
        low, high = (
            gradient(workload, weights, x[group], labels[group], _Shifted(noted.margins, sign))[1]
            for sign in (-1, 1)
        )
        share = len(x[group]) / len(x)
        for path, gradients in low.items():
            total[path].add(np.abs(high[path] - gradients) * share, alone=kinks == 1)
    return total


def _groups(workload: Train, batch: int) -> Sequence[slice]:
    nodes = walk(workload.model, workload.input_shape)
    if any(isinstance(node.layer, BatchNorm) for node in nodes):
        return [slice(0, batch)]
    return [slice(index, index + 1) for index in range(batch)]


def learned(workload: Train | Learn) -> list[str]:
    """Paths of the weights that have a gradient."""
    arrays = parameters(workload.model, workload.input_shape)
    return [path for path, parameter in arrays.items() if parameter.learned]


class _Noted(Exact):
    """Decides as the values say, and notes how near each was to the other side."""

    def __init__(self, relative_error: float, batch: int) -> None:
        self._error = tolerance.MARGIN * relative_error
        self.margins: list[float] = []
        self.doubtful = np.zeros(batch, dtype=np.int64)

    def between(self, x: Any, low: float, high: float) -> Any:
        margin = self._margin(x)
        self._note((np.abs(x - low) <= margin) | (np.abs(x - high) <= margin))
        return super().between(x, low, high)

    def largest(self, seen: Float64) -> Choice:
        best, second = _two_largest(seen)
        margin = self._margin(best)
        # Of two zeros from a rectifier neither passes a gradient on.
        self._note((best - second <= margin) & ((best != 0) | (second != 0)))
        return super().largest(seen)

    def _margin(self, values: Float64) -> float:
        margin = self._error * float(np.sqrt(np.mean(np.square(values))))
        self.margins.append(margin)
        return margin

    def _note(self, near: Masks) -> None:
        self.doubtful += near.reshape(len(near), -1).sum(axis=1)


class _Shifted(Exact):
    """Decides all doubtful kinks of the k-th use, by its margin, to one side or the other."""

    def __init__(self, margins: Sequence[float], sign: int) -> None:
        self._margins, self._sign = iter(margins), sign

    def between(self, x: Any, low: float, high: float) -> Any:
        shift = self._sign * next(self._margins)
        return (x > low + shift) & (x < high - shift)

    def largest(self, seen: Float64) -> Choice:
        margin, first = next(self._margins), super().largest(seen)
        if self._sign > 0:
            return first
        best, second = _two_largest(seen)
        others = seen.copy()
        np.put_along_axis(others, first[..., None], -np.inf, axis=-1)
        chosen: Choice = np.where(best - second <= margin, super().largest(others), first)
        return chosen


def _two_largest(seen: Float64) -> tuple[Float64, Float64]:
    if seen.shape[-1] == 1:
        return seen[..., 0], np.full(seen.shape[:-1], -np.inf)
    top = np.partition(seen, -2, axis=-1)
    return top[..., -1], top[..., -2]

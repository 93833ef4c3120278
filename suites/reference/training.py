"""Training in the arithmetic its weights have: forward, backward, and the optimizers' rules."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from autograd import make_vjp

from suites.arrays import Array
from suites.layers import parameters
from suites.reference.arithmetic import Exact
from suites.reference.model import EXACT, Float64, Pass, Weights, cross_entropy
from suites.workload import SGD, Adam, Learn, Optimizer, Train

BLOCK = 2**15
"""Elements of a weight updated together."""


@dataclass(frozen=True)
class Passed:
    """What comes of a batch, forward and backward, at some weights."""

    loss: float
    logits: Float64
    gradients: dict[str, Any]
    """Of the learned weights."""
    averages: dict[str, Any]
    """The new running averages."""


@dataclass(frozen=True)
class Step:
    """What one training step makes of the weights it began with."""

    loss: float
    after: Weights
    """Learned weights and running averages."""
    moments: Weights
    """Adam's, by the names it gives them."""


def steps(
    workload: Train | Learn,
    weights: Weights,
    batches: Iterable[tuple[Array, Array]],
    arithmetic: Exact = EXACT,
) -> Iterator[Step]:
    """Training from `weights`, a step for each batch (x, labels), in the arithmetic they have."""
    state = State(workload.optimizer)
    for x, labels in batches:
        made = passed(workload, weights, x, labels, arithmetic)
        weights = state.after(weights, made)
        yield Step(made.loss, weights, state.moments())


def passed(
    workload: Train | Learn,
    weights: Weights,
    x: Array,
    labels: Array,
    arithmetic: Exact = EXACT,
) -> Passed:
    """One pass forward and backward."""
    paths = learned(workload)
    fixed = {path: weight for path, weight in weights.items() if path not in paths}
    seen: dict[str, Any] = {}
    averages: dict[str, Any] = {}

    def loss(current: Mapping[str, Any]) -> Any:
        every = {**fixed, **{path: current[path] for path in paths}}
        run = Pass(every, training=True, arithmetic=arithmetic)
        logits = run.apply(workload.model, x)
        seen["logits"] = getattr(logits, "_value", logits)
        averages.update({path: getattr(a, "_value", a) for path, a in run.averages.items()})
        return cross_entropy(logits, labels, arithmetic)

    backward, value = make_vjp(loss)({path: weights[path] for path in paths})
    # A float64 one would carry the whole way back in float64.
    gradients = backward(arithmetic.dtype(1))
    return Passed(float(value), seen["logits"], gradients, averages)


def loss_of(workload: Train, weights: Weights, x: Array, labels: Array) -> float:
    """The loss of one batch, in the arithmetic of x."""
    own = {path: weight.astype(x.dtype) for path, weight in weights.items()}
    logits = Pass(own, training=True).apply(workload.model, x)
    return float(cross_entropy(logits, labels))


def learned(workload: Train | Learn) -> list[str]:
    """Paths of the weights that have a gradient."""
    arrays = parameters(workload.model, workload.input_shape)
    return [path for path, parameter in arrays.items() if parameter.learned]


@dataclass
class State:
    """An optimizer's memory."""

    optimizer: Optimizer
    count: int = 0
    first: dict[str, Any] = field(default_factory=dict)
    second: dict[str, Any] = field(default_factory=dict)

    def after(self, weights: Weights, made: Passed) -> dict[str, Any]:
        """All weights after the step that this pass is for."""
        return {**weights, **made.averages, **self.updated(weights, made.gradients)}

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

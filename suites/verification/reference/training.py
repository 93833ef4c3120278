"""Training in the arithmetic its weights have: forward, backward, and the optimizers' rules."""

from __future__ import annotations

import contextlib
import dataclasses
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from autograd.core import VJPNode, add_outgrads
from autograd.tracer import new_box, toposort, trace_stack

from suites.data.arrays import Array, Batch
from suites.layers import parameters
from suites.verification.reference.meanings.arithmetic import UNIT_ROUNDOFF, Exact
from suites.verification.reference.meanings.losses import EXACT, LOSSES
from suites.verification.reference.meanings.model import NoReference, Pass, Weights
from suites.workload import OPTIMIZERS, Learn, Optimizer, Train

BLOCK = 2**15
"""Elements of a weight updated together."""


@dataclass(frozen=True)
class Gradients:
    """What comes of a batch, forward and backward, at some weights."""

    loss: float
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
    kept: Weights
    """What the optimizer keeps, by the names it gives it."""


def steps(
    workload: Train | Learn,
    weights: Weights,
    batches: Iterable[Batch],
    arithmetic: Exact = EXACT,
) -> Iterator[Step]:
    """Training from `weights`, a step for each batch, in the arithmetic they have."""
    state = State(workload.optimizer, arithmetic)
    for batch in batches:
        made = passed(workload, weights, batch, arithmetic)
        weights = state.after(weights, made)
        yield Step(made.loss, weights, dict(state.kept))


def passed(
    workload: Train | Learn, weights: Weights, batch: Batch, arithmetic: Exact = EXACT
) -> Gradients:
    """Forward and backward, part after part of the batch: the mean of their gradients, clipped."""
    count, made = workload.accumulate, []
    averages: dict[str, Any] = {}
    for part in _parts(batch, count):
        made.append(_pass(workload, {**weights, **averages}, part, arithmetic))
        averages = made[-1].averages
    loss, gradients = made[0].loss, made[0].gradients
    if count > 1:
        loss = sum(each.loss for each in made) / count
        gradients = {path: sum(each.gradients[path] for each in made) / count for path in gradients}
    if workload.clip_norm is not None:
        gradients = _clipped(gradients, workload.clip_norm, arithmetic)
    return Gradients(loss, gradients, averages)


def _parts(batch: Batch, count: int) -> Iterator[Batch]:
    if count == 1:
        yield batch
        return
    size = len(batch["x"]) // count
    for begin in range(0, count * size, size):
        yield {name: array[begin : begin + size] for name, array in batch.items()}


def _clipped(gradients: Mapping[str, Any], most: float, arithmetic: Exact) -> dict[str, Any]:
    """Scaled down to the norm `most` of all together, where theirs is more."""
    squares = [np.sum(np.square(each, dtype=np.float64)) for each in gradients.values()]
    norm = math.sqrt(sum(squares)) + arithmetic.spare_norm
    factor = arithmetic.dtype(min(1.0, most / norm) if norm > 0 else 1.0)
    return {path: each * factor for path, each in gradients.items()}


def _pass(workload: Train | Learn, weights: Weights, batch: Batch, arithmetic: Exact) -> Gradients:
    masks = {name: mask for name, mask in batch.items() if name not in ("x", "labels")}
    paths, seen = learned(workload), Pass(weights, training=True, arithmetic=arithmetic)

    def loss(current: Mapping[str, Any]) -> Any:
        seen.weights = {**weights, **masks, **current}
        outputs = seen.apply(workload.model, batch["x"])
        return LOSSES[workload.loss](outputs, batch["labels"], arithmetic)

    value, gradients = _derived(loss, {path: weights[path] for path in paths}, arithmetic)
    averages = {path: getattr(a, "_value", a) for path, a in seen.averages.items()}
    return Gradients(value, gradients, averages)


def _derived(
    function: Callable[[Mapping[str, Any]], Any], arguments: Mapping[str, Any], arithmetic: Exact
) -> tuple[float, dict[str, Any]]:
    """A function's value and its derivative by each of many arrays.

    As `autograd.value_and_grad`, but that one adds every array's gradient to zeros, which takes
    longer than many a model, and begins in float64 and so stays in it.
    """
    with trace_stack.new_trace() as trace:
        leaves = {name: VJPNode.new_root() for name in arguments}
        boxes = {name: new_box(arguments[name], trace, leaf) for name, leaf in leaves.items()}
        end = function(boxes)
    names = {leaf: name for name, leaf in leaves.items()}
    gradients: dict[str, Any] = {}
    outer: dict[Any, Any] = {end._node: (arithmetic.dtype(arithmetic.loss_scale), False)}
    for node in toposort(end._node):
        gradient = outer.pop(node)[0]
        if node in names:
            gradients[names[node]] = gradient
        for parent, inner in zip(node.parents, node.vjp(gradient), strict=True):
            outer[parent] = add_outgrads(outer.get(parent), inner)
    for name in arguments.keys() - gradients.keys():  # the output does not depend on it
        gradients[name] = np.zeros_like(arguments[name])
    scale = arithmetic.dtype(1 / arithmetic.loss_scale)
    own = {name: arithmetic.returned(gradients[name]) * scale for name in arguments}
    return float(end._value), own


def loss_of(workload: Train, weights: Weights, batch: Batch) -> float:
    """The loss of one batch, without its gradients, in float32."""
    kind = np.float32
    own = {path: weight.astype(kind, copy=False) for path, weight in weights.items()}
    losses = []
    for part in _parts(in_arithmetic(batch, kind), workload.accumulate):
        outputs = Pass({**own, **part}, training=True).apply(workload.model, part["x"])
        losses.append(float(LOSSES[workload.loss](outputs, part["labels"])))
    return sum(losses) / len(losses)


def in_arithmetic(batch: Batch, kind: Any) -> Batch:
    """Its numbers in that type; tokens and labels stay."""
    return {n: a if a.dtype.kind == "i" else a.astype(kind, copy=False) for n, a in batch.items()}


def learned(workload: Train | Learn) -> list[str]:
    """Paths of the weights that have a gradient."""
    arrays = parameters(workload.model, workload.input_shape)
    return [path for path, parameter in arrays.items() if parameter.learned]


@dataclass
class State:
    """An optimizer and what it keeps. Raises NoReference for one that is none of `OPTIMIZERS`."""

    optimizer: Optimizer
    arithmetic: Exact = EXACT
    count: int = 0
    kept: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if type(self.optimizer) not in OPTIMIZERS:
            raise NoReference(f"the reference has no {type(self.optimizer).__name__}")

    def after(self, weights: Weights, made: Gradients) -> dict[str, Any]:
        """All weights after the step that this pass is for."""
        return {**weights, **made.averages, **self.updated(weights, made.gradients)}

    def updated(self, weights: Weights, gradients: Weights) -> dict[str, Any]:
        """The learned weights after one step."""
        self.count += 1
        return {path: self._updated(path, weights[path], g) for path, g in gradients.items()}

    def _updated(self, path: str, weight: Array, gradient: Array) -> Array:
        names = self.optimizer.state_names(path)
        state = [self.kept.get(name, np.zeros_like(gradient)) for name in names]
        after, *state = self._by_rule(weight, gradient, state)
        self.kept |= zip(names, state, strict=True)
        return after

    def _by_rule(self, weight: Array, gradient: Array, state: list[Array]) -> list[Array]:
        """The weight and what is kept of it after step `count`. In blocks that stay in the
        processor's cache: over whole arrays the update takes longer than many a model's products.
        """
        kind = gradient.dtype.type
        xp = np if kind is np.float64 else Float32(self.arithmetic.power_units)
        rule = rule_in(kind, self.optimizer)
        corrects = self.optimizer if self.arithmetic.exact_factors else rule
        factors = tuple(kind(factor) for factor in corrects.factors(np.float64(self.count), xp))
        before = [np.ravel(array) for array in (weight, gradient, *state)]
        results = [np.empty(gradient.shape, kind) for _ in (weight, *state)]
        for begin in range(0, gradient.size, BLOCK):
            block = slice(begin, begin + BLOCK)
            w, g, *kept = (array[block] for array in before)
            w, made = rule.update(w, g, tuple(kept), factors, xp)
            for result, values in zip(results, (w, *made), strict=True):
                result.reshape(-1)[block] = values
        return results


def rule_in(kind: Any, optimizer: Optimizer) -> Optimizer:
    """The rule with its numbers as `kind` holds them: frameworks may work out 1 - beta there. As it
    is where one of them is then out of range."""
    named = {each.name: getattr(optimizer, each.name) for each in dataclasses.fields(optimizer)}
    numbers: dict[str, Any] = {
        n: float(kind(v)) for n, v in named.items() if type(v) in (int, float)
    }
    with contextlib.suppress(ValueError):
        return dataclasses.replace(optimizer, **numbers)
    return optimizer


class Float32:
    """Functions for a rule's factors as a framework may have them: 1 - beta^t is what a power that
    was rounded to float32 leaves, to nearest or so many units beside it."""

    sqrt, sin, floor = np.sqrt, np.sin, np.floor
    minimum, maximum = np.minimum, np.maximum

    def __init__(self, power_units: int = 0) -> None:
        self._off = np.float32(power_units * UNIT_ROUNDOFF["float32"])

    def expm1(self, x: Any) -> Any:
        return np.minimum(np.float32(np.exp(x)) + self._off, np.float32(1)) - np.float32(1)

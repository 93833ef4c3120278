"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any

import mlx.core as mx
from mlx import nn, utils

from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import SGD, Adam, Optimizer

Batch = Mapping[str, Any]
"""`x` and `labels` on the device."""

State = dict[str, Any]
"""What a training step changes, of dicts by path, as MLX's transformations take it: `learned` and
`averages`; with Adam `first` and `second`, its moments, and `steps`, how many were taken."""


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer) -> State:
    """The state before the first step; what is not learned are running averages."""
    parts: tuple[Moved, Moved] = ({}, {})
    for path, array in weights.items():
        parts[path not in learned][path] = array
    state = {"learned": parts[0], "averages": parts[1]}
    if isinstance(optimizer, SGD):
        return state
    zeros = utils.tree_map(mx.zeros_like, parts[0])
    return {**state, "first": zeros, "second": zeros, "steps": mx.array(0)}


def weights_of(state: State) -> dict[str, Any]:
    """What a pass through the model takes."""
    return {**state["learned"], **state["averages"]}


def arrays_of(state: State) -> dict[str, Any]:
    """Everything by the name of its result."""
    first = {Adam.first_moment(path): array for path, array in state.get("first", {}).items()}
    second = {Adam.second_moment(path): array for path, array in state.get("second", {}).items()}
    return {**weights_of(state), **first, **second}


def update_of(model: Apply, optimizer: Optimizer) -> Callable[[State, Batch], tuple[Any, State]]:
    """The loss at a state and the state after it."""

    def loss(learned: Weights, averages: Weights, batch: Batch) -> tuple[Any, Moved]:
        moved: Moved = {}
        logits = model({**learned, **averages}, batch["x"], moved)
        return cross_entropy(channels_first(logits), batch["labels"]), moved

    def update(state: State, batch: Batch) -> tuple[Any, State]:
        graded = mx.value_and_grad(loss)
        (value, moved), gradients = graded(state["learned"], state["averages"], batch)
        return value, _optimized(optimizer, {**state, "averages": moved}, gradients)

    return update


def _optimized(optimizer: Optimizer, state: State, gradients: Weights) -> State:
    learned = state["learned"]
    if isinstance(optimizer, SGD):
        step = utils.tree_map(lambda w, g: w - optimizer.lr * g, learned, gradients)
        return {**state, "learned": step}
    beta1, beta2, steps = optimizer.beta1, optimizer.beta2, state["steps"] + 1
    first, second = (
        utils.tree_map(lambda m, g: beta1 * m + (1 - beta1) * g, state["first"], gradients),
        utils.tree_map(lambda v, g: beta2 * v + (1 - beta2) * g * g, state["second"], gradients),
    )
    # 1 - beta^t, which in float32 would lose its last digits.
    rest1, rest2 = (-mx.expm1(steps * math.log(max(beta, 1e-30))) for beta in (beta1, beta2))

    rate, spread = optimizer.lr / rest1, mx.rsqrt(rest2)

    def moved(w: Any, m: Any, v: Any) -> Any:
        return w - rate * m / (mx.sqrt(v) * spread + optimizer.eps)

    stepped = utils.tree_map(moved, learned, first, second)
    return {**state, "learned": stepped, "first": first, "second": second, "steps": steps}


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    return nn.losses.cross_entropy(logits, labels, reduction="mean")

"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import mlx.core as mx
from mlx import nn

from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import Optimizer

Batch = Mapping[str, Any]
"""`x` and `labels` on the device."""

State = dict[str, Any]
"""What a training step changes, of dicts, as MLX's transformations take it: `learned` and
`averages` by path, what is `kept` by the optimizer by the names of its results, and `steps`, how
many were taken, where the optimizer counts them."""


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer) -> State:
    """The state before the first step; what is not learned are running averages."""
    parts: tuple[Moved, Moved] = ({}, {})
    for path, array in weights.items():
        parts[path not in learned][path] = array
    kept = {
        name: mx.zeros_like(array)
        for path, array in parts[0].items()
        for name in optimizer.state_names(path)
    }
    counted = {"steps": mx.array(0)} if optimizer.counts_steps else {}
    return {"learned": parts[0], "averages": parts[1], "kept": kept, **counted}


def weights_of(state: State) -> dict[str, Any]:
    """What a pass through the model takes."""
    return {**state["learned"], **state["averages"]}


def arrays_of(state: State) -> dict[str, Any]:
    """Everything by the name of its result."""
    return {**weights_of(state), **state["kept"]}


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
    counted = {"steps": state["steps"] + 1} if optimizer.counts_steps else {}
    learned, kept = optimizer.apply(
        state["learned"], gradients, state["kept"], counted.get("steps"), mx
    )
    return {**state, **counted, "learned": learned, "kept": kept}


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    return nn.losses.cross_entropy(logits, labels, reduction="mean")

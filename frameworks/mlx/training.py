"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any

import mlx.core as mx
from mlx import nn, optimizers

from frameworks.mlx import mixed
from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import Learn, Optimizer, Train

Batch = Mapping[str, Any]
"""`x`, `labels` and masks on the device."""

State = dict[str, Any]
"""What a training step changes, of dicts, as MLX's transformations take it: `learned` and
`averages` by path, what is `kept` by the optimizer by the names of its results, and `steps`, how
many were taken, where the optimizer counts them."""


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer, dtype: Any) -> State:
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
    held = {**counted, **mixed.initial(dtype)}
    return {"learned": parts[0], "averages": parts[1], "kept": kept, **held}


def weights_of(state: State) -> dict[str, Any]:
    """What a pass through the model takes."""
    return {**state["learned"], **state["averages"]}


def arrays_of(state: State) -> dict[str, Any]:
    """Everything by the name of its result."""
    return {**weights_of(state), **state["kept"]}


def update_of(
    model: Apply, workload: Train | Learn, dtype: Any
) -> Callable[[State, Batch], tuple[Any, State]]:
    """The loss at a state and the state after it; what passes through the model has this type."""
    measured = LOSSES[workload.loss]

    def loss(learned: Weights, averages: Weights, batch: Batch, scale: Any) -> Any:
        moved: Moved = {}
        given = {name: array for name, array in batch.items() if name != "labels"}
        held = {**mixed.narrowed(learned, dtype), **averages, **mixed.narrowed(given, dtype)}
        outputs = model(held, held["x"], moved).astype(mx.float32)
        value = measured(outputs, batch["labels"])
        return value * scale, value, moved

    graded = _passed(mx.value_and_grad(loss), workload.accumulate)

    def update(state: State, batch: Batch) -> tuple[Any, State]:
        scale = state["scale"]["scale"] if "scale" in state else None
        (_, value, moved), gradients = graded(
            state["learned"], state["averages"], batch, 1.0 if scale is None else scale
        )
        if scale is not None:
            gradients = {path: each / scale for path, each in gradients.items()}
            finite = mixed.all_finite(gradients)
        if workload.clip_norm is not None:
            gradients, _ = optimizers.clip_grad_norm(gradients, workload.clip_norm)
        after = _optimized(workload.optimizer, {**state, "averages": moved}, gradients)
        if scale is None:
            return value, after
        after = mixed.chosen(finite, after, state)
        return value, {**after, "scale": mixed.after(state["scale"], finite)}

    return update


def _passed(graded: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The same part after part of a batch: the mean of losses and gradients."""
    if count == 1:
        return graded

    def passed(learned: Weights, averages: Weights, batch: Batch, scale: Any) -> Any:
        size, total, sums = len(batch["x"]) // count, mx.array(0.0), None
        for begin in range(0, count * size, size):
            part = {name: array[begin : begin + size] for name, array in batch.items()}
            (_, value, averages), gradients = graded(learned, averages, part, scale)
            total = total + value
            sums = gradients if sums is None else {p: sums[p] + g for p, g in gradients.items()}
        assert sums is not None
        means = {path: each / count for path, each in sums.items()}
        return (total, total / count, averages), means

    return passed


def _optimized(optimizer: Optimizer, state: State, gradients: Weights) -> State:
    counted = {"steps": state["steps"] + 1} if optimizer.counts_steps else {}
    learned, kept = optimizer.apply(
        state["learned"], gradients, state["kept"], counted.get("steps"), mx
    )
    return {**state, **counted, "learned": learned, "kept": kept}


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    return nn.losses.cross_entropy(logits, labels, reduction="mean")


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": lambda outputs, labels: cross_entropy(channels_first(outputs), labels),
    "mse": nn.losses.mse_loss,
    "bce": nn.losses.binary_cross_entropy,
}
"""Of a model's outputs, images with their channels last; so are the targets of single values."""

"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp
from jax import lax

from frameworks.jax.mixed import LossScale, all_finite, chosen, narrowed
from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import Learn, Optimizer, Train

Batch = Mapping[str, Any]
"""`x`, `labels` and masks on the device."""


class State(NamedTuple):
    """What a training step changes."""

    learned: Weights
    averages: Weights
    kept: Weights
    """What the optimizer keeps, by the names of its results."""
    steps: Any
    """Taken so far; None where the optimizer does not count them."""
    scale: LossScale | None = None
    """Of the loss, in float16."""

    def weights(self) -> dict[str, Any]:
        """What a pass through the model takes."""
        return {**self.learned, **self.averages}

    def arrays(self) -> dict[str, Any]:
        """Everything by the name of its result."""
        return {**self.weights(), **self.kept}


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer, dtype: Any) -> State:
    """The state before the first step; what is not learned are running averages."""
    parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for path, array in weights.items():
        parts[path not in learned][path] = array
    kept = {
        name: jnp.zeros_like(array)
        for path, array in parts[0].items()
        for name in optimizer.state_names(path)
    }
    steps = jnp.zeros((), jnp.int32) if optimizer.counts_steps else None
    return State(*parts, kept, steps, LossScale.initial(dtype))


def update_of(
    model: Apply, workload: Train | Learn, dtype: Any
) -> Callable[[State, Batch], tuple[Any, State]]:
    """The loss at a state and the state after it; what passes through the model has this type."""
    measured = LOSSES[workload.loss]

    def loss(learned: Weights, averages: Weights, batch: Batch, scale: Any) -> Any:
        moved: Moved = {}
        given = {name: array for name, array in batch.items() if name != "labels"}
        held = {**narrowed(learned, dtype), **averages, **narrowed(given, dtype)}
        outputs = model(held, held["x"], moved).astype(jnp.float32)
        value = measured(outputs, batch["labels"])
        return value * scale, (value, moved)

    graded = _passed(jax.grad(loss, has_aux=True), workload.accumulate)

    def update(state: State, batch: Batch) -> tuple[Any, State]:
        scale = 1.0 if state.scale is None else state.scale.scale
        gradients, (value, moved) = graded(state.learned, state.averages, batch, scale)
        if state.scale is not None:
            gradients = jax.tree.map(lambda g: g / scale, gradients)
        finite = None if state.scale is None else all_finite(gradients)
        if workload.clip_norm is not None:
            gradients = _clipped(gradients, workload.clip_norm)
        after = _optimized(workload.optimizer, state._replace(averages=moved), gradients)
        if state.scale is None or finite is None:
            return value, after
        after = chosen(finite, after, state)
        return value, after._replace(scale=state.scale.after(finite))

    return update


def _passed(graded: Callable[..., Any], count: int) -> Callable[..., Any]:
    """The same part after part of a batch: the mean of gradients and losses."""
    if count == 1:
        return graded

    def passed(learned: Weights, averages: Weights, batch: Batch, scale: Any) -> Any:
        def add(carried: Any, part: Batch) -> tuple[Any, None]:
            averages, *sums = carried
            gradients, (value, moved) = graded(learned, averages, part, scale)
            return (moved, *jax.tree.map(jnp.add, sums, [value, gradients])), None

        parts = {n: x.reshape(count, -1, *x.shape[1:]) for n, x in batch.items()}
        begun = averages, jnp.zeros(()), jax.tree.map(jnp.zeros_like, learned)
        (averages, *sums), _ = lax.scan(add, begun, parts)
        value, gradients = jax.tree.map(lambda total: total / count, sums)
        return gradients, (value, averages)

    return passed


def _clipped(gradients: Weights, most: float) -> Weights:
    """Scaled down to this norm of all together, where theirs is more."""
    norm = jnp.sqrt(sum(jnp.sum(jnp.square(each)) for each in gradients.values()))
    factor = most / jnp.maximum(norm, most)
    return {path: each * factor for path, each in gradients.items()}


def _optimized(optimizer: Optimizer, state: State, gradients: Weights) -> State:
    steps = None if state.steps is None else state.steps + 1
    learned, kept = optimizer.apply(state.learned, gradients, state.kept, steps, jnp)
    return State(learned, state.averages, kept, steps, state.scale)


def evaluation(model: Apply) -> Callable[[Weights, Batch], tuple[Any, Any]]:
    """Mean cross-entropy at weights, and how many labels are right."""

    def evaluate(weights: Weights, batch: Batch) -> tuple[Any, Any]:
        logits = channels_first(model(weights, batch["x"], None))
        right = jnp.argmax(logits, axis=-1) == batch["labels"]
        return cross_entropy(logits, batch["labels"]), jnp.sum(right)

    return evaluate


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(log_probabilities, labels[..., None], axis=-1))


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": lambda outputs, labels: cross_entropy(channels_first(outputs), labels),
    "mse": lambda outputs, targets: jnp.mean(jnp.square(outputs - targets)),
    "bce": lambda outputs, targets: jnp.mean(
        jnp.maximum(outputs, 0) - outputs * targets + jnp.log1p(jnp.exp(-jnp.abs(outputs)))
    ),
}
"""Of a model's outputs, images with their channels last; so are the targets of single values."""

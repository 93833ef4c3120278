"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import Optimizer

Batch = Mapping[str, Any]
"""`x` and `labels` on the device."""


class State(NamedTuple):
    """What a training step changes."""

    learned: Weights
    averages: Weights
    kept: Weights
    """What the optimizer keeps, by the names of its results."""
    steps: Any
    """Taken so far; None where the optimizer does not count them."""

    def weights(self) -> dict[str, Any]:
        """What a pass through the model takes."""
        return {**self.learned, **self.averages}

    def arrays(self) -> dict[str, Any]:
        """Everything by the name of its result."""
        return {**self.weights(), **self.kept}


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer) -> State:
    """The state before the first step; what is not learned are running averages."""
    parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for path, array in weights.items():
        parts[path not in learned][path] = array
    kept = {
        name: jnp.zeros_like(array)
        for path, array in parts[0].items()
        for name in optimizer.state_names(path)
    }
    return State(*parts, kept, jnp.zeros((), jnp.int32) if optimizer.counts_steps else None)


def update_of(model: Apply, optimizer: Optimizer) -> Callable[[State, Batch], tuple[Any, State]]:
    """The loss at a state and the state after it."""

    def loss(learned: Weights, averages: Weights, batch: Batch) -> tuple[Any, Moved]:
        moved: Moved = {}
        logits = model({**learned, **averages}, batch["x"], moved)
        return cross_entropy(channels_first(logits), batch["labels"]), moved

    def update(state: State, batch: Batch) -> tuple[Any, State]:
        graded = jax.value_and_grad(loss, has_aux=True)
        (value, moved), gradients = graded(state.learned, state.averages, batch)
        return value, _optimized(optimizer, state._replace(averages=moved), gradients)

    return update


def _optimized(optimizer: Optimizer, state: State, gradients: Weights) -> State:
    steps = None if state.steps is None else state.steps + 1
    learned, kept = optimizer.apply(state.learned, gradients, state.kept, steps, jnp)
    return State(learned, state.averages, kept, steps)


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

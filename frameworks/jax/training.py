"""A training step as a pure function: state and batch in, loss and the next state out."""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping
from typing import Any, NamedTuple

import jax
import jax.numpy as jnp

from frameworks.shared.functional import Apply, Moved, Weights, channels_first
from suites.workload import SGD, Adam, Optimizer

Batch = Mapping[str, Any]
"""`x` and `labels` on the device."""


class State(NamedTuple):
    """What a training step changes."""

    learned: Weights
    averages: Weights
    first: Weights
    second: Weights
    steps: Any
    """Taken so far; with the moments, Adam's own."""

    def weights(self) -> dict[str, Any]:
        """What a pass through the model takes."""
        return {**self.learned, **self.averages}

    def arrays(self) -> dict[str, Any]:
        """Everything by the name of its result."""
        first = {Adam.first_moment(path): array for path, array in self.first.items()}
        second = {Adam.second_moment(path): array for path, array in self.second.items()}
        return {**self.weights(), **first, **second}


def initial(weights: Weights, learned: Collection[str], optimizer: Optimizer) -> State:
    """The state before the first step; what is not learned are running averages."""
    parts: tuple[dict[str, Any], dict[str, Any]] = ({}, {})
    for path, array in weights.items():
        parts[path not in learned][path] = array
    if isinstance(optimizer, SGD):
        return State(*parts, {}, {}, None)
    zeros = jax.tree.map(jnp.zeros_like, parts[0])
    return State(*parts, zeros, zeros, jnp.zeros((), jnp.int32))


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
    if isinstance(optimizer, SGD):
        step = jax.tree.map(lambda w, g: w - optimizer.lr * g, state.learned, gradients)
        return state._replace(learned=step)
    beta1, beta2, steps = optimizer.beta1, optimizer.beta2, state.steps + 1
    first = jax.tree.map(lambda m, g: beta1 * m + (1 - beta1) * g, state.first, gradients)
    second = jax.tree.map(lambda v, g: beta2 * v + (1 - beta2) * g**2, state.second, gradients)
    # 1 - beta^t, which in float32 would lose its last digits.
    rest1, rest2 = (-jnp.expm1(steps * math.log(max(beta, 1e-30))) for beta in (beta1, beta2))

    def moved(w: Any, m: Any, v: Any) -> Any:
        return w - optimizer.lr * (m / rest1) / (jnp.sqrt(v / rest2) + optimizer.eps)

    learned = jax.tree.map(moved, state.learned, first, second)
    return State(learned, state.averages, first, second, steps)


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

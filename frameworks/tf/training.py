"""A model's variables and the step that changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from frameworks.tf.images import Apply
from frameworks.tf.moving import channels_first
from frameworks.tf.optimizers import own
from suites.layers import Parameter
from suites.workload import Optimizer

Variables = Mapping[str, Any]


class Training:
    """One training step over variables by path, the `described` ones."""

    def __init__(
        self,
        model: Apply,
        variables: Variables,
        described: Mapping[str, Parameter],
        optimizer: Optimizer,
    ) -> None:
        self._model, self._variables = model, variables
        learned = [path for path, parameter in described.items() if parameter.learned]
        self._learned = {path: variables[path] for path in learned}
        self._optimizer = own(optimizer, self._learned)

    def update(self, x: Any, labels: Any) -> Any:
        """The loss before the update; to be compiled."""
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._learned.values())
            loss = cross_entropy(channels_first(self._model(x)), labels)
        self._optimizer.apply(tape.gradient(loss, self._learned))
        return loss

    def reset(self, initial: Mapping[str, Any]) -> None:
        """Everything as before the first step, from these values of the variables."""
        for path, variable in self._variables.items():
            variable.assign(initial[path], read_value=False)
        self._optimizer.reset()

    def results(self) -> dict[str, Any]:
        """Every variable a step changes, by the name of its result."""
        return {**self._variables, **self._optimizer.kept()}


def evaluation(model: Apply) -> Callable[[Any, Any], tuple[Any, Any]]:
    """Mean cross-entropy and how many labels are right, of a model in inference; to be compiled."""

    def evaluate(x: Any, labels: Any) -> tuple[Any, Any]:
        logits = channels_first(model(x))
        right = tf.equal(tf.argmax(logits, -1), tf.cast(labels, tf.int64))
        return cross_entropy(logits, labels), tf.reduce_sum(tf.cast(right, tf.float32))

    return evaluate


def cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over all labels of -log softmax(logits)[label]."""
    losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, logits)
    return tf.reduce_mean(losses)

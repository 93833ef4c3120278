"""A model's variables and the step that changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from frameworks.interface import Unsupported
from frameworks.tf.images import Apply
from frameworks.tf.moving import channels_first
from suites.layers import Parameter
from suites.workload import SGD, Adam, AdamW, Optimizer, TwoMoments

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
        self._optimizer = _own(optimizer, self._learned)

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


def _own(optimizer: Optimizer, variables: Variables) -> _SGD | _Adam:
    """It in TensorFlow's own operations. Raises Unsupported where there are none."""
    match optimizer:
        case SGD():
            return _SGD(optimizer, variables)
        case Adam():
            return _Adam(optimizer, variables)
        case AdamW():
            return _AdamW(optimizer, variables)
    raise Unsupported(f"tf has no {type(optimizer).__name__}")


class _SGD:
    def __init__(self, description: SGD, variables: Variables) -> None:
        self._description, self._variables = description, variables

    def apply(self, gradients: Variables) -> None:
        lr = self._description.lr
        for path, variable in self._variables.items():
            gradient = gradients[path]
            if isinstance(gradient, tf.IndexedSlices):  # of the rows that were looked up alone
                change = tf.IndexedSlices(lr * gradient.values, gradient.indices)
                variable.scatter_sub(change)
            else:
                tf.raw_ops.ResourceApplyGradientDescent(
                    var=variable.handle, alpha=lr, delta=gradient
                )

    def reset(self) -> None:
        pass

    def kept(self) -> dict[str, Any]:
        return {}


class _Adam:
    """TensorFlow's own operation for each variable. It adds its epsilon to the root before the
    correction; scaled with the correction, it stands where the description has it."""

    def __init__(self, description: TwoMoments, variables: Variables) -> None:
        self._description, self._variables = description, variables
        self._first = _zeros_like(variables)
        self._second = _zeros_like(variables)
        # 1 - beta^t: zero before the first step.
        self._rest1, self._rest2 = tf.Variable(0.0), tf.Variable(0.0)

    def apply(self, gradients: Variables) -> None:
        rule = self._description
        rest1, rest2 = _next(self._rest1, rule.beta1), _next(self._rest2, rule.beta2)
        root = tf.sqrt(rest2)
        lr, epsilon = rule.lr * root / rest1, rule.eps * root
        for path, variable in self._variables.items():
            tf.raw_ops.ResourceApplyAdam(
                var=variable.handle,
                m=self._first[path].handle,
                v=self._second[path].handle,
                # Its own correction would lose the last digits of 1 - beta^t.
                beta1_power=0.0,
                beta2_power=0.0,
                lr=lr,
                beta1=rule.beta1,
                beta2=rule.beta2,
                epsilon=epsilon,
                grad=tf.convert_to_tensor(gradients[path]),
            )

    def reset(self) -> None:
        for variable in (*self._first.values(), *self._second.values()):
            variable.assign(tf.zeros_like(variable), read_value=False)
        self._rest1.assign(0.0, read_value=False)
        self._rest2.assign(0.0, read_value=False)

    def kept(self) -> dict[str, Any]:
        moments = {path: (self._first[path], self._second[path]) for path in self._variables}
        return {
            name: moment
            for path, both in moments.items()
            for name, moment in zip(self._description.state_names(path), both, strict=True)
        }


class _AdamW(_Adam):
    """As in Keras, which decays the weight first."""

    def __init__(self, description: AdamW, variables: Variables) -> None:
        super().__init__(description, variables)
        self._decay = description.lr * description.weight_decay

    def apply(self, gradients: Variables) -> None:
        for variable in self._variables.values():
            variable.assign_sub(self._decay * variable, read_value=False)
        super().apply(gradients)


def _next(rest: Any, beta: float) -> Any:
    """1 - beta^(t + 1) from 1 - beta^t, to the last digit."""
    moved = beta * rest + (1 - beta)
    rest.assign(moved, read_value=False)
    return moved


def _zeros_like(variables: Variables) -> dict[str, Any]:
    return {path: tf.Variable(tf.zeros_like(variable)) for path, variable in variables.items()}


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

"""The optimizers in TensorFlow's own operations, one for each variable where there is one."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from frameworks.interface import Unsupported
from suites.workload import SGD, Adam, AdamW, Optimizer, RMSprop, TwoMoments

Variables = Mapping[str, Any]


def own(optimizer: Optimizer, variables: Variables) -> Rule:
    """Of these variables by path. Raises Unsupported where there is none."""
    match optimizer:
        case SGD(momentum=0.0):
            return _SGD(optimizer, variables)
        case SGD():
            return _Momentum(optimizer, variables)
        case RMSprop():
            return _RMSprop(optimizer, variables)
        case Adam():
            return _Adam(optimizer, variables)
        case AdamW():
            return _AdamW(optimizer, variables)
    raise Unsupported(f"tf has no {type(optimizer).__name__}")


class Rule:
    """What they share: the variables, what is kept of each, and how many steps were taken."""

    def __init__(self, description: Any, variables: Variables) -> None:
        self._description, self._variables = description, variables
        self._kept = {
            name: tf.Variable(tf.zeros_like(variable))
            for path, variable in variables.items()
            for name in description.state_names(path)
        }
        scheduled = description.schedule is not None
        self._done = tf.Variable(0.0) if scheduled else None  # exact to 2^24 steps

    def apply(self, gradients: Variables) -> None:
        """One step of every variable."""
        rate = self._rate()
        for path, variable in self._variables.items():
            own = [self._kept[name] for name in self._description.state_names(path)]
            self._update(variable, gradients[path], own, rate)

    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        raise NotImplementedError

    def reset(self) -> None:
        """As before the first step."""
        for kept in (*self._kept.values(), *(() if self._done is None else (self._done,))):
            kept.assign(tf.zeros_like(kept), read_value=False)

    def kept(self) -> dict[str, Any]:
        """By the names of its results."""
        return self._kept

    def _rate(self) -> Any:
        """Of the step under way; counts it."""
        if self._done is None:
            return self._description.lr
        done = self._done.read_value()
        self._done.assign(done + 1, read_value=False)
        return self._description.rate(done + 1, tf)

    def _taken(self, variable: Any, gradient: Any) -> Any:
        """The gradient as the rule goes by it, of all rows."""
        return self._description.taken(variable, tf.convert_to_tensor(gradient))


class _SGD(Rule):
    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        few = (
            isinstance(gradient, tf.IndexedSlices) and gradient.indices.shape[0] < variable.shape[0]
        )
        if few and not self._description.weight_decay:
            # Of the rows that were looked up alone. More lookups than rows are summed before: a row
            # would be rounded at each of its own.
            variable.scatter_sub(tf.IndexedSlices(rate * gradient.values, gradient.indices))
        else:
            tf.raw_ops.ResourceApplyGradientDescent(
                var=variable.handle, alpha=rate, delta=self._taken(variable, gradient)
            )


class _Momentum(Rule):
    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        tf.raw_ops.ResourceApplyMomentum(
            var=variable.handle,
            accum=kept[0].handle,
            lr=rate,
            grad=self._taken(variable, gradient),
            momentum=self._description.momentum,
            use_nesterov=self._description.nesterov,
        )


class _RMSprop(Rule):
    """As in Keras, of simple operations: TensorFlow's own has its epsilon under the root."""

    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        after, state = self._description.update(
            variable, tf.convert_to_tensor(gradient), tuple(kept), (rate,), tf
        )
        for old, new in zip((variable, *kept), (after, *state), strict=True):
            old.assign(new, read_value=False)


class _Adam(Rule):
    """TensorFlow's own operation adds its epsilon to the root before the correction; scaled with
    the correction, it stands where the description has it."""

    def __init__(self, description: TwoMoments, variables: Variables) -> None:
        super().__init__(description, variables)
        # 1 - beta^t: zero before the first step.
        self._rest1, self._rest2 = tf.Variable(0.0), tf.Variable(0.0)

    def _rate(self) -> Any:
        rule, rate = self._description, super()._rate()
        rest1, rest2 = _next(self._rest1, rule.beta1), _next(self._rest2, rule.beta2)
        root = tf.sqrt(rest2)
        self._lr, self._epsilon = rate * root / rest1, rule.eps * root
        return rate

    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        rule = self._description
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=kept[0].handle,
            v=kept[1].handle,
            # Its own correction would lose the last digits of 1 - beta^t.
            beta1_power=0.0,
            beta2_power=0.0,
            lr=self._lr,
            beta1=rule.beta1,
            beta2=rule.beta2,
            epsilon=self._epsilon,
            grad=self._taken(variable, gradient),
        )

    def reset(self) -> None:
        super().reset()
        self._rest1.assign(0.0, read_value=False)
        self._rest2.assign(0.0, read_value=False)


class _AdamW(_Adam):
    """As in Keras, which decays the weight first."""

    def _update(self, variable: Any, gradient: Any, kept: list[Any], rate: Any) -> None:
        decay = rate * self._description.weight_decay
        variable.assign_sub(decay * variable, read_value=False)
        super()._update(variable, gradient, kept, rate)


def _next(rest: Any, beta: float) -> Any:
    """1 - beta^(t + 1) from 1 - beta^t, to the last digit: of the float32 beta that the operation's
    averages have, whose 1 - 0.999 is smaller by a hundred thousandth."""
    held = float(np.float32(beta))
    moved = held * rest + (1 - held)
    rest.assign(moved, read_value=False)
    return moved

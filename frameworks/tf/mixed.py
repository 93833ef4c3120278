"""Training in float16: the scale of the loss, as by Keras' policy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from suites.workload import GROWS_AFTER, LOSS_SCALE


class LossScale:
    """What a step in float16 multiplies its loss by, and for how many steps it has been that: as
    Keras' LossScaleOptimizer keeps it."""

    def __init__(self) -> None:
        self._scale, self._held = tf.Variable(LOSS_SCALE), tf.Variable(0.0)

    @property
    def value(self) -> Any:
        """Of the step under way."""
        return self._scale.read_value()

    def apply(self, gradients: dict[str, Any], update: Callable[[dict[str, Any]], None]) -> None:
        """The update by the gradients of a scaled loss; left out where one of them overflowed."""
        rest = 1 / self.value
        dense = {path: tf.convert_to_tensor(each) * rest for path, each in gradients.items()}
        finite = tf.reduce_all([tf.reduce_all(tf.math.is_finite(g)) for g in dense.values()])

        def taken() -> Any:
            update(dense)
            self._next(finite=True)
            return tf.constant(True)

        def left_out() -> Any:
            self._next(finite=False)
            return tf.constant(False)

        tf.cond(finite, taken, left_out)

    def _next(self, *, finite: bool) -> None:
        if not finite:
            self._scale.assign(self._scale / 2, read_value=False)
            self._held.assign(0.0, read_value=False)
            return
        grows = self._held + 1 >= GROWS_AFTER
        self._scale.assign(tf.where(grows, 2 * self._scale, self._scale), read_value=False)
        self._held.assign(tf.where(grows, 0.0, self._held + 1), read_value=False)

    def reset(self) -> None:
        """As before the first step."""
        self._scale.assign(LOSS_SCALE, read_value=False)
        self._held.assign(0.0, read_value=False)

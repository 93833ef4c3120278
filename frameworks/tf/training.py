"""A model's variables and the step that changes them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import tensorflow as tf

from frameworks.tf.images import Apply
from frameworks.tf.mixed import LossScale
from frameworks.tf.moving import channels_first
from frameworks.tf.optimizers import own
from suites.layers import masks, parameters
from suites.workload import Learn, Train

Variables = Mapping[str, Any]


class Training:
    """One training step over a model's variables by path. `lowered` makes the model of what it
    takes as its variables, and of where it finds the masks of its dropout while it is traced: those
    that a batch brings. In 16 bits as by Keras' policies: variables stay in float32."""

    def __init__(
        self,
        workload: Train | Learn,
        variables: Variables,
        lowered: Callable[[Variables, Mapping[str, Any]], Apply],
        dtype: Any,
    ) -> None:
        described = parameters(workload.model, workload.input_shape)
        self._masks = dict.fromkeys(masks(workload.model, workload.input_shape))
        self._lowered, self._variables, self._dtype = lowered, variables, dtype
        self._model = lowered(variables, self._masks) if dtype == tf.float32 else None
        self._workload, self._measured = workload, LOSSES[workload.loss]
        self._learned = {p: variables[p] for p, each in described.items() if each.learned}
        self._optimizer = own(workload.optimizer, self._learned)
        self._scale = LossScale() if dtype == tf.float16 else None

    def update(self, *batch: Any) -> Any:
        """The loss before the update, of x, labels and masks; to be compiled."""
        loss, gradients = self._passed(batch)
        if self._scale is None:
            self._apply(gradients)
        else:
            self._scale.apply(gradients, self._apply)
        return loss

    def _apply(self, gradients: dict[str, Any]) -> None:
        if self._workload.clip_norm is not None:
            clipped, _ = tf.clip_by_global_norm(list(gradients.values()), self._workload.clip_norm)
            gradients = dict(zip(gradients, clipped, strict=True))
        self._optimizer.apply(gradients)

    def _passed(self, batch: Sequence[Any]) -> tuple[Any, dict[str, Any]]:
        """Forward and backward, part after part of the batch; the means."""
        count = self._workload.accumulate
        if count == 1:
            return self._graded(*batch)
        size = batch[0].shape[0] // count
        cuts = [slice(i * size, (i + 1) * size) for i in range(count)]
        made = [self._graded(*(array[cut] for array in batch)) for cut in cuts]
        return sum(loss for loss, _ in made) / count, {
            path: tf.add_n([tf.convert_to_tensor(each[path]) for _, each in made]) / count
            for path in self._learned
        }

    def _graded(self, x: Any, labels: Any, *given: Any) -> tuple[Any, dict[str, Any]]:
        self._masks.update(zip(self._masks, map(self._narrowed, given), strict=True))
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            tape.watch(self._learned.values())
            outputs = self._model_now()(self._narrowed(x))
            loss = self._measured(tf.cast(outputs, tf.float32), labels)
            scaled = loss if self._scale is None else loss * self._scale.value
        return loss, tape.gradient(scaled, self._learned)

    def _model_now(self) -> Apply:
        """Of variables as they are cast in this step."""
        if self._model is not None:
            return self._model
        cast = {path: tf.cast(variable, self._dtype) for path, variable in self._learned.items()}
        return self._lowered({**self._variables, **cast}, self._masks)

    def _narrowed(self, x: Any) -> Any:
        return tf.cast(x, self._dtype) if x.dtype.is_floating else x

    def reset(self, initial: Mapping[str, Any]) -> None:
        """Everything as before the first step, from these values of the variables."""
        for path, variable in self._variables.items():
            variable.assign(initial[path], read_value=False)
        self._optimizer.reset()
        if self._scale is not None:
            self._scale.reset()

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


LOSSES: dict[str, Callable[[Any, Any], Any]] = {
    "cross_entropy": lambda outputs, labels: cross_entropy(channels_first(outputs), labels),
    "mse": lambda outputs, targets: tf.reduce_mean(tf.math.squared_difference(outputs, targets)),
    "bce": lambda outputs, targets: tf.reduce_mean(
        tf.nn.sigmoid_cross_entropy_with_logits(targets, outputs)
    ),
}
"""Of a model's outputs, images with their channels last; so are the targets of single values."""

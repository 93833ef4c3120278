"""Activations that TensorFlow has no one operation for, or a slower one; softmax; biases and
other rows that are added, whose gradients are sums over many rows."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from frameworks.shared.channels_last import stored_axis
from frameworks.tf.images import Apply
from suites.layers import ELU, Positions, Segment, Softmax


def biased(y: Any, bias: Any) -> Any:
    """In bfloat16 as Keras adds it: the other operation's gradient there is summed in bfloat16 on a
    CPU, off by a fiftieth at 100 rows."""
    return y + bias if y.dtype == tf.bfloat16 else tf.nn.bias_add(y, bias)


def positions(layer: Positions, weight: Any) -> Apply:
    """As one row: of a sum that broadcasts, the gradient would be summed in 16 bits."""

    def apply(x: Any) -> Any:
        rows = tf.reshape(x, (x.shape[0], -1))
        return tf.reshape(biased(rows, tf.reshape(weight[: x.shape[1]], (-1,))), x.shape)

    return apply


def segment(layer: Segment, weight: Any) -> Apply:
    return lambda x: biased(x, weight[0])


def gelu(x: Any) -> Any:
    """tf.nn.gelu takes one operation more each way."""
    return x * (0.5 + 0.5 * tf.math.erf(x * math.sqrt(0.5)))


def tanh_gelu(x: Any) -> Any:
    return tf.nn.gelu(x, approximate=True)


def elu(layer: ELU) -> Apply:
    if layer.alpha == 1:
        return lambda x: tf.nn.elu(x)
    return lambda x: tf.where(x > 0, x, layer.alpha * tf.nn.elu(x))


def softmax(layer: Softmax) -> Apply:
    return lambda x: tf.nn.softmax(x, axis=stored_axis(layer.axis, len(x.shape)))


def tanh(x: Any) -> Any:
    """Grappler fuses it with a convolution and its normalisation, which the CPU then has no kernel
    for; a held shape keeps them apart."""
    return tf.tanh(tf.ensure_shape(x, x.shape))

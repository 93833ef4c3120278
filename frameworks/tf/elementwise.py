"""Activations that TensorFlow has no one operation for, or a slower one; softmax, and biases."""

from __future__ import annotations

import math
from typing import Any

import tensorflow as tf

from frameworks.shared.channels_last import stored_axis
from frameworks.tf.images import Apply
from suites.layers import ELU, Softmax


def biased(y: Any, bias: Any) -> Any:
    """In bfloat16 as Keras adds it: the other operation's gradient there is summed in bfloat16 on a
    CPU, off by a fiftieth at 100 rows."""
    return y + bias if y.dtype == tf.bfloat16 else tf.nn.bias_add(y, bias)


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

"""The layers over images [batch, height, width, channels]."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.shared import windows
from frameworks.shared.windows import Windowed
from suites.layers import AdaptiveAvgPool, AvgPool, BatchNorm, Conv2d, MaxPool, adaptive_windows

Apply = Callable[[Any], Any]

Convolve = Callable[[Conv2d, Any, Any], Any]
"""Layer, image and kernel to image."""

KERNEL_AXES = (2, 3, 1, 0)
"""Height, width, inputs, outputs."""

DEPTHWISE_AXES = (2, 3, 0, 1)
"""Height, width, inputs, outputs of each."""


# --- convolution ----------------------------------------------------------------------------


def convolution(layer: Conv2d, weight: Any, bias: Any = None, *, way: Convolve) -> Apply:
    def apply(x: Any) -> Any:
        y = way(layer, x, weight)
        return y if bias is None else tf.nn.bias_add(y, bias)

    return apply


def whole(layer: Conv2d, x: Any, kernel: Any) -> Any:
    framed, padding = _framed(layer, x, 0.0)
    return tf.nn.conv2d(framed, kernel, layer.stride, padding)


def by_group(layer: Conv2d, x: Any, kernel: Any) -> Any:
    """Every group as a convolution of its own."""
    framed, padding = _framed(layer, x, 0.0)
    parts = zip(tf.split(framed, layer.groups, 3), tf.split(kernel, layer.groups, 3), strict=True)
    return tf.concat([tf.nn.conv2d(part, own, layer.stride, padding) for part, own in parts], 3)


def by_channel(layer: Conv2d, x: Any, kernel: Any) -> Any:
    """Depthwise."""
    framed, padding = _framed(layer, x, 0.0)
    return tf.nn.depthwise_conv2d(framed, kernel, (1, layer.stride, layer.stride, 1), padding)


def by_window(layer: Conv2d, x: Any, kernel: Any) -> Any:
    """Depthwise, as the sum over the kernel's places of the image, shifted and scaled: float32."""
    framed, _ = _framed(layer, tf.cast(x, tf.float32), 0.0, same=False)
    factors = tf.cast(kernel, tf.float32)
    views = windows.views(layer, windows.described(x.shape))
    each = tf.unstack(tf.reshape(factors, (-1, *factors.shape[2:])))
    terms = [
        framed[:, rows, columns, :, None] * factor
        for (rows, columns), factor in zip(views, each, strict=True)
    ]
    y = functools.reduce(operator.add, terms)  # [batch, rows, columns, inputs, outputs of each]
    return tf.cast(tf.reshape(y, (*y.shape[:3], layer.outputs)), x.dtype)


# --- normalisation and pooling --------------------------------------------------------------


def batch_norm(
    layer: BatchNorm,
    weight: Any,
    bias: Any,
    running_mean: Any,
    running_var: Any,
    *,
    training: bool,
) -> Apply:
    """The operation itself, since its wrapper raises a smaller epsilon than cuDNN once allowed."""

    def apply(x: Any) -> Any:
        # Parameters in float32 whatever the images are in.
        scale, offset, mean, variance = (
            tf.cast(array, tf.float32) for array in (weight, bias, running_mean, running_var)
        )
        # Where the average becomes the batch's own, the operation wants none.
        averaged = training and layer.momentum == 1
        y, mean, variance, *_ = tf.raw_ops.FusedBatchNormV3(
            x=x,
            scale=scale,
            offset=offset,
            mean=tf.zeros(0) if averaged else mean,
            variance=tf.zeros(0) if averaged else variance,
            epsilon=layer.eps,
            exponential_avg_factor=layer.momentum if training else 1.0,
            is_training=training,
        )
        if training:
            running_mean.assign(mean, read_value=False)
            running_var.assign(variance, read_value=False)
        return y

    return apply


def max_pool(layer: MaxPool) -> Apply:
    def apply(x: Any) -> Any:
        framed, padding = _framed(layer, x, -math.inf)
        return tf.nn.max_pool2d(framed, layer.kernel, layer.stride, padding)

    return apply


def average_pool(layer: AvgPool) -> Apply:
    def apply(x: Any) -> Any:
        framed, _ = _framed(layer, x, 0.0, same=False)
        means = tf.nn.avg_pool2d(framed, layer.kernel, layer.stride, "VALID")
        inside = windows.sizes(layer, windows.described(x.shape))
        if inside.min() == layer.kernel**2:
            return means
        return means * tf.constant(layer.kernel**2 / inside[..., None], dtype=x.dtype)

    return apply


def adaptive_pool(layer: AdaptiveAvgPool) -> Apply:
    size = layer.size

    def along(x: Any, axis: int) -> Any:
        length = x.shape[axis]
        if length == size:
            return x
        if length % size == 0:
            parts = (*x.shape[:axis], size, length // size, *x.shape[axis + 1 :])
            return tf.reduce_mean(tf.reshape(x, parts), axis + 1)
        spans = [slice(begin, end) for begin, end in adaptive_windows(length, size)]
        cuts = [x[:, span] if axis == 1 else x[:, :, span] for span in spans]
        return tf.stack([tf.reduce_mean(cut, axis) for cut in cuts], axis)

    return lambda x: along(along(x, 1), 2)


# --- edges ----------------------------------------------------------------------------------


def _framed(layer: Windowed, x: Any, fill: float, *, same: bool = True) -> tuple[Any, str]:
    """The image with what its windows see beyond its edges, and the framework's word for what is
    then still missing: it can frame an image by itself only in its own way, `SAME`."""
    edges = windows.padding(layer, windows.described(x.shape))
    if not any(map(any, edges)):
        return x, "VALID"
    if same and edges == [_own_edge(layer, size) for size in x.shape[1:3]]:
        return x, "SAME"
    return tf.pad(x, [(0, 0), *edges, (0, 0)], constant_values=fill), "VALID"


def _own_edge(layer: Windowed, size: int) -> tuple[int, int]:
    """The rows that `SAME` stands for."""
    reach = (-(-size // layer.stride) - 1) * layer.stride + layer.kernel
    rows = max(reach - size, 0)
    return rows // 2, rows - rows // 2

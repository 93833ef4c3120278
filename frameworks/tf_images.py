"""The layers over images [batch, height, width, channels]."""

from __future__ import annotations

import functools
import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf

from suites.layers import AvgPool, BatchNorm, Conv2d, MaxPool, adaptive_windows

Apply = Callable[[Any], Any]

Window = Conv2d | MaxPool | AvgPool

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
    rows, columns = (layer.stride * (places - 1) + 1 for places in _places(layer, x))
    terms = [
        framed[:, i : i + rows : layer.stride, j : j + columns : layer.stride, :, None]
        * factors[i, j]
        for i, j in np.ndindex(layer.kernel, layer.kernel)
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
        rows, columns = (
            _inside(layer, size, places)
            for size, places in zip(x.shape[1:3], means.shape[1:3], strict=True)
        )
        if (inside := rows[:, None] * columns).min() == layer.kernel**2:
            return means
        return means * tf.constant(layer.kernel**2 / inside[..., None], dtype=x.dtype)

    return apply


def adaptive_pool(size: int) -> Apply:
    def along(x: Any, axis: int) -> Any:
        length = x.shape[axis]
        if length == size:
            return x
        if length % size == 0:
            parts = (*x.shape[:axis], size, length // size, *x.shape[axis + 1 :])
            return tf.reduce_mean(tf.reshape(x, parts), axis + 1)
        windows = [slice(begin, end) for begin, end in adaptive_windows(length, size)]
        cuts = [x[:, window] if axis == 1 else x[:, :, window] for window in windows]
        return tf.stack([tf.reduce_mean(cut, axis) for cut in cuts], axis)

    return lambda x: along(along(x, 1), 2)


# --- edges ----------------------------------------------------------------------------------


def _framed(layer: Window, x: Any, fill: float, *, same: bool = True) -> tuple[Any, str]:
    """The image with what its windows see beyond its edges, and the framework's word for what is
    then still missing: it can frame an image by itself only in its own way, `SAME`."""
    edges = [_edge(layer, *sizes) for sizes in zip(x.shape[1:3], _places(layer, x), strict=True)]
    if not any(map(any, edges)):
        return x, "VALID"
    if same and edges == [_own_edge(layer, size) for size in x.shape[1:3]]:
        return x, "SAME"
    return tf.pad(x, [(0, 0), *edges, (0, 0)], constant_values=fill), "VALID"


def _edge(layer: Window, size: int, places: int) -> tuple[int, int]:
    """Rows before and behind that the windows reach."""
    reach = (places - 1) * layer.stride + layer.kernel - layer.padding
    return layer.padding, max(reach - size, 0)


def _own_edge(layer: Window, size: int) -> tuple[int, int]:
    """The rows that `SAME` stands for."""
    reach = (-(-size // layer.stride) - 1) * layer.stride + layer.kernel
    rows = max(reach - size, 0)
    return rows // 2, rows - rows // 2


def _places(layer: Window, x: Any) -> Sequence[int]:
    batch, height, width, channels = x.shape
    return layer.output_shape((batch, channels, height, width))[2:]


def _inside(layer: AvgPool, size: int, places: int) -> Any:
    """How many rows of each window lie on the padded image."""
    begins = np.arange(places) * layer.stride - layer.padding
    return np.minimum(begins + layer.kernel, size + layer.padding) - begins

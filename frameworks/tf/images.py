"""The layers over images [batch, height, width, channels] but convolutions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.shared import windows
from frameworks.shared.channels_last import IMAGE
from frameworks.tf.edges import framed
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    InstanceNorm,
    MaxPool,
    Upsample,
    adaptive_windows,
)

Apply = Callable[[Any], Any]


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
    """The operation itself, since its wrapper raises a smaller epsilon than cuDNN once allowed. It
    takes images alone: what has its channels last is seen as one."""

    def apply(x: Any) -> Any:
        if len(x.shape) != IMAGE:
            image = tf.reshape(_channels_last(x), (x.shape[0], -1, 1, layer.channels))
            return _like(apply(image), x)
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


def instance_norm(layer: InstanceNorm, weight: Any = None, bias: Any = None) -> Apply:
    """In float32, as layer norm; the framework has no operation of its own."""

    def apply(x: Any) -> Any:
        image = len(x.shape) >= IMAGE
        wide = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(
            wide, tuple(range(1, len(x.shape) - 1)) if image else (2,), keepdims=True
        )
        y = tf.cast((wide - mean) * tf.math.rsqrt(variance + layer.eps), x.dtype)
        if weight is None:
            return y
        along = (-1,) if image else (-1, 1)
        return y * tf.reshape(weight, along) + tf.reshape(bias, along)

    return apply


def _channels_last(x: Any) -> Any:
    """A sequence [batch, channels, length] as [batch, length, channels]."""
    return tf.transpose(x, (0, 2, 1)) if len(x.shape) == SEQUENCE else x


def _like(image: Any, x: Any) -> Any:
    """The values of an image in the shape of x."""
    if len(x.shape) == SEQUENCE:
        batch, channels, length = x.shape
        return tf.transpose(tf.reshape(image, (batch, length, channels)), (0, 2, 1))
    return tf.reshape(image, x.shape)


SEQUENCE = 3
"""Axes of [batch, channels, length], whose channels lie where the description has them."""


def max_pool(layer: MaxPool) -> Apply:
    def apply(x: Any) -> Any:
        image, padding = _framed(layer, x, -math.inf)
        return tf.nn.max_pool2d(image, layer.kernel, layer.stride, padding)

    return apply


def average_pool(layer: AvgPool) -> Apply:
    def apply(x: Any) -> Any:
        image, _ = _framed(layer, x, 0.0, same=False)
        means = tf.nn.avg_pool2d(image, layer.kernel, layer.stride, "VALID")
        inside = windows.sizes(layer, windows.described(x.shape))
        if inside.min() == layer.kernel**2:
            return means
        return means * tf.constant(layer.kernel**2 / inside[..., None], dtype=x.dtype)

    return apply


def _framed(layer: MaxPool | AvgPool, x: Any, fill: float, *, same: bool = True) -> tuple[Any, str]:
    return framed(layer.window(windows.described(x.shape)), x, fill, same=same)


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


def upsample(layer: Upsample, *, xla: bool) -> Apply:
    """The framework's own operations; XLA has no gradient of repeating."""
    nearest = layer.mode == "nearest"
    resize = tf.raw_ops.ResizeNearestNeighbor if nearest else tf.raw_ops.ResizeBilinear

    def apply(x: Any) -> Any:
        size = [layer.scale * places for places in x.shape[1:3]]
        return tf.cast(resize(images=x, size=size, half_pixel_centers=True), x.dtype)

    return functools.partial(_repeated, layer.scale) if nearest and xla else apply


def _repeated(scale: int, x: Any) -> Any:
    batch, height, width, channels = x.shape
    spread = (batch, height, scale, width, scale, channels)
    wide = tf.broadcast_to(x[:, :, None, :, None], spread)
    return tf.reshape(wide, (batch, height * scale, width * scale, channels))

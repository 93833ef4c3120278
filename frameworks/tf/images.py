"""The layers over images [batch, height, width, channels] but convolutions."""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.shared import windows
from frameworks.shared.channels_last import IMAGE, PLANE
from frameworks.tf.edges import framed
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    InstanceNorm,
    MaxPool,
    Shape,
    Upsample,
    adaptive_windows,
    line_through,
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


def scaled(standard: Any, weight: Any, bias: Any, dtype: Any) -> Any:
    """A norm's values, of float32, times its weight and with its bias, in float32 to the end as
    Keras has it: the gradients of both are sums over many rows, which 16 bits cannot build."""
    wide = standard * tf.cast(weight, tf.float32) + tf.cast(bias, tf.float32)
    return tf.cast(wide, dtype)


def instance_norm(layer: InstanceNorm, weight: Any = None, bias: Any = None) -> Apply:
    """In float32, as layer norm; the framework has no operation of its own."""

    def apply(x: Any) -> Any:
        image = len(x.shape) >= IMAGE
        wide = tf.cast(x, tf.float32)
        mean, variance = tf.nn.moments(
            wide, tuple(range(1, len(x.shape) - 1)) if image else (2,), keepdims=True
        )
        y = (wide - mean) * tf.math.rsqrt(variance + layer.eps)
        if weight is None:
            return tf.cast(y, x.dtype)
        along = (-1,) if image else (-1, 1)
        scale, shift = tf.reshape(weight, along), tf.reshape(bias, along)
        return scaled(y, scale, shift, x.dtype)

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
        window = layer.window(_described(x))
        image, padding = framed(window, x, -math.inf)
        return tf.nn.max_pool(image, window.kernel, window.stride, padding, _layout(x))

    return _last(apply)


def average_pool(layer: AvgPool) -> Apply:
    def apply(x: Any) -> Any:
        shape = _described(x)
        window = layer.window(shape)
        image, _ = framed(window, x, 0.0, same=False)
        means = tf.nn.avg_pool(image, window.kernel, window.stride, "VALID", _layout(x))
        inside, whole = windows.sizes(layer, shape), math.prod(window.kernel)
        if inside.min() == whole:
            return means
        return means * tf.constant(whole / inside[..., None], dtype=x.dtype)

    return _last(apply)


def adaptive_pool(layer: AdaptiveAvgPool) -> Apply:
    def along(x: Any, axis: int, size: int) -> Any:
        length = x.shape[axis]
        if length == size:
            return x
        if length % size == 0:
            parts = (*x.shape[:axis], size, length // size, *x.shape[axis + 1 :])
            return tf.reduce_mean(tf.reshape(x, parts), axis + 1)
        before = (slice(None),) * axis
        cuts = [x[(*before, slice(*span))] for span in adaptive_windows(length, size)]
        return tf.stack([tf.reduce_mean(cut, axis) for cut in cuts], axis)

    def apply(x: Any) -> Any:
        for axis, size in enumerate(layer.sizes(_described(x)), 1):
            x = along(x, axis, size)
        return x

    return _last(apply)


def global_pool(x: Any) -> Any:
    rank = len(x.shape)
    return tf.reduce_mean(x, tuple(range(1, rank - 1)) if rank >= IMAGE else (2,), keepdims=True)


def upsample(layer: Upsample, *, xla: bool) -> Apply:
    """The framework's own operations, which are of two axes. XLA has no gradient of repeating, and
    draws lines rightly where they double an image alone."""
    nearest = layer.mode == "nearest"
    resize = tf.raw_ops.ResizeNearestNeighbor if nearest else tf.raw_ops.ResizeBilinear

    def resized(x: Any, rows: int, columns: int) -> Any:
        return resize(images=x, size=[rows, columns], half_pixel_centers=True)

    def apply(x: Any) -> Any:
        batch, *places, channels = x.shape
        scaled = [layer.scale * size for size in places]
        if len(places) == 1:
            y = resized(x[:, :, None], scaled[0], 1)[:, :, 0]
        elif len(places) == PLANE:
            y = resized(x, *scaled)
        else:
            depth, height, width = places
            planes = resized(tf.reshape(x, (batch * depth, height, width, channels)), *scaled[1:])
            flat = tf.reshape(planes, (batch, depth, -1, channels))
            y = resized(flat, scaled[0], flat.shape[2])
        return tf.reshape(tf.cast(y, x.dtype), (batch, *scaled, channels))

    if xla and (nearest or layer.scale > DOUBLE):
        return _last(functools.partial(_repeated if nearest else _drawn_out, layer.scale))
    return _last(apply)


DOUBLE = 2
"""The scale at which XLA resizes as the framework does without it."""


def _repeated(scale: int, x: Any) -> Any:
    batch, *places, channels = x.shape
    apart = [size for place in places for size in (place, 1)]
    wide = [size for place in places for size in (place, scale)]
    spread = tf.broadcast_to(tf.reshape(x, (batch, *apart, channels)), (batch, *wide, channels))
    return tf.reshape(spread, (batch, *(place * scale for place in places), channels))


def _layout(x: Any) -> str:
    """Said because, left out, the gradient of a mean over volumes asks for it in vain."""
    return ("NWC", "NHWC", "NDHWC")[len(x.shape) - SEQUENCE]


def _drawn_out(scale: int, x: Any) -> Any:
    """Beyond the edge stands the edge. In float32."""
    y = tf.cast(x, tf.float32)
    for axis in range(1, len(x.shape) - 1):
        before = (slice(None),) * axis
        towards = {
            -1: tf.concat([y[(*before, slice(1))], y[(*before, slice(-1))]], axis),
            1: tf.concat([y[(*before, slice(1, None))], y[(*before, slice(-1, None))]], axis),
        }
        drawn = [y + away * (towards[step] - y) for step, away in line_through(scale)]
        shape = (*y.shape[:axis], y.shape[axis] * scale, *y.shape[axis + 1 :])
        y = tf.reshape(tf.stack(drawn, axis + 1), shape)
    return tf.cast(y, x.dtype)


def _last(apply: Apply) -> Apply:
    """Of a sequence too the channels last, as the framework's operations want them."""

    def moved(x: Any) -> Any:
        if len(x.shape) >= IMAGE:
            return apply(x)
        return tf.transpose(apply(tf.transpose(x, (0, 2, 1))), (0, 2, 1))

    return moved


def _described(x: Any) -> Shape:
    """The description's shape of an array whose channels lie last."""
    batch, *places, channels = x.shape
    return (batch, channels, *places)

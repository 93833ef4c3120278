"""The layers over images [batch, height, width, channels].

On a CPU MLX's depthwise convolution is several times slower than its windows taken one by one and
added, and everywhere a pool's gradient through strided windows is a scatter.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable, Iterator
from typing import Any

import mlx.core as mx

from frameworks.shared import windows
from frameworks.shared.functional import Apply, Moved, Weights
from frameworks.shared.windows import Windowed
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Conv2d,
    MaxPool,
    adaptive_windows,
    join,
)

KERNEL_AXES = (0, 2, 3, 1)
"""OHWI from the description's OIHW."""


def convolution(layer: Conv2d, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    viewed = windows.one_by_one(layer) and mx.default_device() == mx.cpu
    convolve = _depthwise if viewed else _convolve
    if not layer.bias:
        return lambda weights, x, moved: convolve(layer, x, weights[weight])
    return lambda weights, x, moved: convolve(layer, x, weights[weight]) + weights[bias]


def _convolve(layer: Conv2d, x: Any, kernel: Any) -> Any:
    return mx.conv2d(x, kernel, layer.stride, layer.padding, groups=layer.groups)


def _depthwise(layer: Conv2d, x: Any, kernel: Any) -> Any:
    """The sum over the kernel's places of the image, shifted and scaled: in float32."""
    factors = kernel.astype(mx.float32).reshape(layer.outputs, -1).T
    terms = zip(_views(layer, x, fill=0), factors, strict=True)
    return sum(view * factor for view, factor in terms).astype(x.dtype)


def batch_norm(layer: BatchNorm, path: str) -> Apply:
    weight, bias, mean_path, variance_path = (
        join(path, name) for name in ("weight", "bias", "running_mean", "running_var")
    )

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        mean, variance = weights[mean_path], weights[variance_path]
        if moved is not None:
            batch_mean, batch_variance = mx.mean(x, (0, 1, 2)), mx.var(x, (0, 1, 2))
            count = math.prod(x.shape[:3])
            unbiased = batch_variance * (count / (count - 1))
            moved[mean_path] = mean + layer.momentum * (batch_mean - mean)
            moved[variance_path] = variance + layer.momentum * (unbiased - variance)
            mean, variance = batch_mean, batch_variance
        return (x - mean) * (mx.rsqrt(variance + layer.eps) * weights[weight]) + weights[bias]

    return apply


def max_pool(layer: MaxPool) -> Callable[[Any], Any]:
    return lambda x: functools.reduce(mx.maximum, _views(layer, x, fill=-math.inf))


def average_pool(layer: AvgPool) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        total = sum(_views(layer, x.astype(mx.float32), fill=0))
        shares = mx.array(1 / windows.sizes(layer, windows.described(x.shape)))
        return (total * shares[..., None]).astype(x.dtype)

    return apply


def adaptive_pool(layer: AdaptiveAvgPool) -> Callable[[Any], Any]:
    size = layer.size

    def along(x: Any, axis: int) -> Any:
        length = x.shape[axis]
        if length % size == 0:
            return mean(mx.unflatten(x, axis, (size, length // size)), axis + 1)
        spans = adaptive_windows(length, size)
        parts = [mx.take(x, mx.arange(begin, end), axis) for begin, end in spans]
        return mx.stack([mean(part, axis) for part in parts], axis)

    return lambda x: along(along(x, 1), 2)


def global_pool(x: Any) -> Any:
    return mean(x, (1, 2), keepdims=True)


def mean(x: Any, axis: int | tuple[int, ...], keepdims: bool = False) -> Any:
    """In float32: on a CPU MLX adds in the type of the values."""
    return mx.mean(x.astype(mx.float32), axis, keepdims).astype(x.dtype)


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Any, fill: float) -> Iterator[Any]:
    """What every place of the kernel sees, row by row: each [batch, rows, columns, channels]."""
    room = windows.padding(layer, windows.described(x.shape))
    padded = mx.pad(x, [(0, 0), *room, (0, 0)], constant_values=fill) if any(map(any, room)) else x
    for rows, columns in windows.views(layer, windows.described(x.shape)):
        yield padded[:, rows, columns]

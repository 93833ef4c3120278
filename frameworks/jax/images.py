"""The layers over images [batch, height, width, channels].

XLA's depthwise convolution and its gradient of a window's maximum are several times slower on a CPU
than windows taken one by one and added, or compared: there they are lowered to these.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from functools import reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

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

KERNEL_AXES = (2, 3, 1, 0)
"""HWIO from the description's OIHW."""


def convolution(layer: Conv2d, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    convolve = _depthwise if windows.one_by_one(layer) and _on_cpu() else _convolve
    if not layer.bias:
        return lambda weights, x, moved: convolve(layer, x, weights[weight])
    return lambda weights, x, moved: convolve(layer, x, weights[weight]) + weights[bias]


def _convolve(layer: Conv2d, x: Any, kernel: Any) -> Any:
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=(layer.stride, layer.stride),
        padding=[(layer.padding, layer.padding)] * 2,
        dimension_numbers=("NHWC", "HWIO", "NHWC"),
        feature_group_count=layer.groups,
    )


def _depthwise(layer: Conv2d, x: Any, kernel: Any) -> Any:
    """The sum over the kernel's places of the image, shifted and scaled: in float32."""
    factors = kernel.astype(jnp.float32).reshape(layer.kernel**2, -1)
    terms = zip(_views(layer, x, fill=0), factors, strict=True)
    return sum(view * factor for view, factor in terms).astype(x.dtype)


def batch_norm(layer: BatchNorm, path: str) -> Apply:
    weight, bias, mean_path, variance_path = (
        join(path, name) for name in ("weight", "bias", "running_mean", "running_var")
    )

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        mean, variance = weights[mean_path], weights[variance_path]
        if moved is not None:
            batch_mean, batch_variance = jnp.mean(x, (0, 1, 2)), jnp.var(x, (0, 1, 2))
            count = math.prod(x.shape[:3])
            unbiased = batch_variance * (count / (count - 1))
            moved[mean_path] = mean + layer.momentum * (batch_mean - mean)
            moved[variance_path] = variance + layer.momentum * (unbiased - variance)
            mean, variance = batch_mean, batch_variance
        return (x - mean) * (lax.rsqrt(variance + layer.eps) * weights[weight]) + weights[bias]

    return apply


def max_pool(layer: MaxPool) -> Callable[[Any], Any]:
    def largest(x: Any) -> Any:
        window, strides = _window(layer)
        return lax.reduce_window(x, -jnp.inf, lax.max, window, strides, _padding(layer, x))

    def compared(x: Any) -> Any:
        # Of equals the first, as in reduce_window's gradient.
        views = _views(layer, x, fill=-jnp.inf)
        return reduce(lambda best, other: jnp.where(other > best, other, best), views)

    return compared if _on_cpu() else largest


def average_pool(layer: AvgPool) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        window, strides = _window(layer)
        padding = _padding(layer, x)
        totals = lax.reduce_window(x.astype(jnp.float32), 0.0, lax.add, window, strides, padding)
        sizes = windows.sizes(layer, windows.described(x.shape))
        return (totals / sizes[..., None]).astype(x.dtype)

    return apply


def adaptive_pool(layer: AdaptiveAvgPool) -> Callable[[Any], Any]:
    size = layer.size

    def along(x: Any, axis: int) -> Any:
        length = x.shape[axis]
        if length % size == 0:
            parts = (*x.shape[:axis], size, length // size, *x.shape[axis + 1 :])
            return jnp.mean(x.reshape(parts), axis + 1)
        means = [
            jnp.mean(lax.slice_in_dim(x, begin, end, axis=axis), axis)
            for begin, end in adaptive_windows(length, size)
        ]
        return jnp.stack(means, axis)

    return lambda x: along(along(x, 1), 2)


def global_pool(x: Any) -> Any:
    return jnp.mean(x, axis=(1, 2), keepdims=True)


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Any, fill: float) -> Iterator[Any]:
    """What every place of the kernel sees, row by row: each [batch, rows, columns, channels]."""
    padded = jnp.pad(x, _padding(layer, x), constant_values=fill)
    for rows, columns in windows.views(layer, windows.described(x.shape)):
        yield padded[:, rows, columns]


def _window(layer: MaxPool | AvgPool) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """Window and strides over four axes."""
    return (1, layer.kernel, layer.kernel, 1), (1, layer.stride, layer.stride, 1)


def _padding(layer: Windowed, x: Any) -> list[tuple[int, int]]:
    """Before and behind every axis."""
    return [(0, 0), *windows.padding(layer, windows.described(x.shape)), (0, 0)]


def _on_cpu() -> bool:
    return bool(jax.default_backend() == "cpu")

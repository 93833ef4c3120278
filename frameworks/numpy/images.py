"""The layers over images [batch, channels, height, width]: products, and sums over windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from frameworks.shared import windows
from frameworks.shared.windows import Windowed
from suites.data.arrays import Array
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    ConvTranspose2d,
    GroupNorm,
    InstanceNorm,
    MaxPool,
    Upsample,
    adaptive_windows,
    line_through,
)
from suites.layers.convolution import Convolution
from suites.layers.windows import Window

Apply = Callable[[Array], Array]


def convolution(layer: Convolution, weight: Array, bias: Array | None = None) -> Apply:
    numbers = (layer.kernel, layer.stride, layer.padding)
    convolve = _pointwise if numbers in ((1, 1, 0), (1, 1, "same")) else _by_columns
    if windows.one_by_one(layer):
        convolve = _depthwise
    kernel = weight.reshape(layer.groups, layer.outputs // layer.groups, -1)

    def apply(x: Array) -> Array:
        y = convolve(layer, x, kernel).reshape(layer.output_shape(x.shape))
        return y if bias is None else _shifted(y, bias)

    return apply


def _shifted(y: Array, bias: Array) -> Array:
    y += _by_channel(bias, y)
    return y


def _by_channel(values: Array, x: Array) -> Array:
    return values.reshape(-1, *[1] * (x.ndim - 2))


def _pointwise(layer: Convolution, x: Array, kernel: Array) -> Array:
    result: Array = kernel @ x.reshape(len(x), layer.groups, kernel.shape[2], -1)
    return result


def _by_columns(layer: Convolution, x: Array, kernel: Array) -> Array:
    """A product of the kernel with all windows as columns, for each sample in the same memory."""
    window = layer.window(x.shape)
    seen = np.empty((layer.inputs, *window.kernel, *window.places), x.dtype)
    columns = seen.reshape(layer.groups, -1, math.prod(window.places))
    y = np.empty((len(x), layer.groups, kernel.shape[1], math.prod(window.places)), x.dtype)
    axes = tuple(range(1, 1 + layer.axes))
    steps = (slice(None), *(slice(None, None, step) for step in (*window.stride, *window.dilation)))
    order = (0, *(axis + layer.axes for axis in axes), *axes)
    for sample, result in zip(_padded(window, x, fill=0), y, strict=True):
        seen[...] = sliding_window_view(sample, window.reach, axis=axes)[steps].transpose(order)
        np.matmul(kernel, columns, out=result)
    return y


def _depthwise(layer: Convolution, x: Array, kernel: Array) -> Array:
    """The sum over the kernel's places of the image, shifted and scaled, sample by sample."""
    window = layer.window(x.shape)
    factors = kernel.reshape(layer.outputs, -1).T
    y = np.zeros((*x.shape[:2], *window.places), x.dtype)
    scaled = np.empty_like(y[0])
    for sample, result in zip(_padded(window, x, fill=0), y, strict=True):
        for factor, spans in zip(factors, windows.views(window), strict=True):
            np.multiply(sample[(slice(None), *spans)], _by_channel(factor, x), out=scaled)
            result += scaled
    return y


def transposed(layer: ConvTranspose2d, x: Array, weight: Array, bias: Array | None = None) -> Array:
    """One product for all places and the whole kernel, each place of which is then added where it
    belongs."""
    window, shape = layer.window(x.shape), layer.output_shape(x.shape)
    spots = weight.reshape(layer.inputs, -1).T @ x.reshape(*x.shape[:2], -1)
    parts = spots.reshape(len(x), layer.outputs, -1, *x.shape[2:])
    sizes = [sum(edge) + size for edge, size in zip(window.edges, shape[2:], strict=True)]
    y = np.zeros((*shape[:2], *sizes), x.dtype)
    for number, (rows, columns) in enumerate(windows.views(window)):
        y[:, :, rows, columns] += parts[:, :, number]
    (above, _), (left, _) = window.edges
    y = y[:, :, above : above + shape[2], left : left + shape[3]]
    return y if bias is None else _shifted(y, bias)


def batch_norm(
    layer: BatchNorm,
    x: Array,
    weight: Array,
    bias: Array,
    running_mean: Array,
    running_var: Array,
) -> Array:
    scale = weight / np.sqrt(running_var + layer.eps)
    y = x * _by_channel(scale, x)
    return _shifted(y, bias - running_mean * scale)


def group_norm(
    layer: GroupNorm | InstanceNorm,
    x: Array,
    weight: Array | None = None,
    bias: Array | None = None,
) -> Array:
    groups = layer.groups if isinstance(layer, GroupNorm) else layer.channels
    rows: Array = x.reshape(len(x), groups, -1)
    rows = rows - np.mean(rows, axis=-1, keepdims=True)
    rows /= np.sqrt(np.mean(rows * rows, axis=-1, keepdims=True) + layer.eps)
    y = rows.reshape(x.shape)
    if weight is None or bias is None:
        return y
    y *= _by_channel(weight, x)
    return _shifted(y, bias)


def max_pool(layer: MaxPool, x: Array) -> Array:
    first, *others = _views(layer, x, fill=-math.inf)
    y = first.copy()
    for view in others:
        np.maximum(y, view, out=y)
    return y


def average_pool(layer: AvgPool, x: Array) -> Array:
    first, *others = _views(layer, x, fill=0)
    y = first.copy()
    for view in others:
        y += view
    y /= windows.sizes(layer, x.shape)
    return y


def adaptive_pool(layer: AdaptiveAvgPool, x: Array) -> Array:
    y = np.empty(layer.output_shape(x.shape), x.dtype)
    each = zip(x.shape[2:], y.shape[2:], strict=True)
    spans = [[slice(*span) for span in adaptive_windows(*lengths)] for lengths in each]
    places = tuple(range(2, x.ndim))
    for at in np.ndindex(y.shape[2:]):
        seen = tuple(along[i] for along, i in zip(spans, at, strict=True))
        np.mean(
            x[(slice(None), slice(None), *seen)],
            axis=places,
            out=y[(slice(None), slice(None), *at)],
        )
    return y


def global_pool(x: Array) -> Array:
    y: Array = np.mean(x, axis=tuple(range(2, x.ndim)), keepdims=True)
    return y


def upsample(layer: Upsample, x: Array) -> Array:
    for axis in range(2, x.ndim):
        x = (
            np.repeat(x, layer.scale, axis)
            if layer.mode == "nearest"
            else _drawn_out(layer, x, axis)
        )
    return x


def _drawn_out(layer: Upsample, x: Array, axis: int) -> Array:
    """Every place becomes `scale` on lines to its neighbours, the edge's neighbour being itself."""
    places = np.arange(x.shape[axis])
    towards = {
        step: np.take(x, np.clip(places + step, 0, places[-1]), axis) - x for step in (-1, 1)
    }
    drawn = np.stack(
        [x + away * towards[step] for step, away in line_through(layer.scale)], axis + 1
    )
    return drawn.reshape(*x.shape[:axis], -1, *x.shape[axis + 1 :])


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Array, fill: float) -> Iterator[Array]:
    """What every place of the kernel sees, row by row: each [batch, channels, ...]."""
    window = layer.window(x.shape)
    padded = _padded(window, x, fill)
    for spans in windows.views(window):
        yield padded[(slice(None), slice(None), *spans)]


def _padded(window: Window, x: Array, fill: float) -> Array:
    if not any(map(any, window.edges)):
        return x
    return np.pad(x, [(0, 0), (0, 0), *window.edges], constant_values=fill)

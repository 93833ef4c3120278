"""The layers over images [batch, channels, height, width]: products, and sums over windows."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from frameworks.shared import windows
from frameworks.shared.windows import Windowed
from suites.data.arrays import Array
from suites.layers import AdaptiveAvgPool, AvgPool, BatchNorm, Conv2d, MaxPool, adaptive_windows

Apply = Callable[[Array], Array]


def convolution(layer: Conv2d, weight: Array, bias: Array | None = None) -> Apply:
    pointwise = layer.kernel == layer.stride == 1 and layer.padding == 0
    convolve = _pointwise if pointwise else _by_columns
    if windows.one_by_one(layer):
        convolve = _depthwise
    kernel = weight.reshape(layer.groups, layer.outputs // layer.groups, -1)

    def apply(x: Array) -> Array:
        y = convolve(layer, x, kernel).reshape(layer.output_shape(x.shape))
        if bias is not None:
            y += bias[:, None, None]
        return y

    return apply


def _pointwise(layer: Conv2d, x: Array, kernel: Array) -> Array:
    result: Array = kernel @ x.reshape(len(x), layer.groups, kernel.shape[2], -1)
    return result


def _by_columns(layer: Conv2d, x: Array, kernel: Array) -> Array:
    """A product of the kernel with all windows as columns, for each sample in the same memory."""
    size, step = (layer.kernel, layer.kernel), layer.stride
    places = layer.output_shape(x.shape)[2:]
    seen = np.empty((layer.inputs, *size, *places), x.dtype)
    columns = seen.reshape(layer.groups, -1, math.prod(places))
    y = np.empty((len(x), layer.groups, kernel.shape[1], math.prod(places)), x.dtype)
    for sample, result in zip(_padded(layer, x, fill=0), y, strict=True):
        view = sliding_window_view(sample, size, axis=(1, 2))[:, ::step, ::step]
        seen[...] = view.transpose(0, 3, 4, 1, 2)
        np.matmul(kernel, columns, out=result)
    return y


def _depthwise(layer: Conv2d, x: Array, kernel: Array) -> Array:
    """The sum over the kernel's places of the image, shifted and scaled, sample by sample."""
    factors = kernel.reshape(layer.outputs, -1).T[:, :, None, None]
    y = np.zeros(layer.output_shape(x.shape), x.dtype)
    scaled = np.empty_like(y[0])
    for sample, result in zip(_padded(layer, x, fill=0), y, strict=True):
        for factor, (down, across) in zip(factors, windows.views(layer, x.shape), strict=True):
            np.multiply(sample[:, down, across], factor, out=scaled)
            result += scaled
    return y


def batch_norm(
    layer: BatchNorm,
    x: Array,
    weight: Array,
    bias: Array,
    running_mean: Array,
    running_var: Array,
) -> Array:
    scale = weight / np.sqrt(running_var + layer.eps)
    y = x * scale[:, None, None]
    y += (bias - running_mean * scale)[:, None, None]
    return y


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
    spans = (adaptive_windows(size, layer.size) for size in x.shape[2:])
    rows, columns = ([slice(*span) for span in axis] for axis in spans)
    for i, j in np.ndindex(layer.size, layer.size):
        np.mean(x[:, :, rows[i], columns[j]], axis=(2, 3), out=y[:, :, i, j])
    return y


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Array, fill: float) -> Iterator[Array]:
    """What every place of the kernel sees, row by row: each [batch, channels, rows, columns]."""
    padded = _padded(layer, x, fill)
    for rows, columns in windows.views(layer, x.shape):
        yield padded[:, :, rows, columns]


def _padded(layer: Windowed, x: Array, fill: float) -> Array:
    room = windows.padding(layer, x.shape)
    if not any(map(any, room)):
        return x
    return np.pad(x, [(0, 0), (0, 0), *room], constant_values=fill)

"""The layers over images [batch, height, width, channels].

On a CPU MLX's depthwise convolution is several times slower than its windows taken one by one and
added, and everywhere a pool's gradient through strided windows is a scatter.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from functools import reduce
from typing import Any

import mlx.core as mx

from frameworks.shared import functional, windows
from frameworks.shared.channels_last import PLANE, Layout, channels_last
from frameworks.shared.functional import Apply, Moved, Weights
from frameworks.shared.windows import Windowed
from suites.data.arrays import Array
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    ConvTranspose2d,
    InstanceNorm,
    Layer,
    MaxPool,
    Shape,
    adaptive_windows,
    join,
)
from suites.layers.convolution import Convolution
from suites.layers.windows import spread

KERNEL_AXES = (0, 2, 3, 1)
"""OHWI from the description's OIHW."""


TRANSPOSED_AXES = (1, 2, 3, 0)
"""OHWI too, from a transposed convolution's IOHW."""


def layout(model: Layer, shape: Shape) -> Layout:
    """How a model's weights lie."""
    return channels_last(model, shape, KERNEL_AXES, transposed_axes=TRANSPOSED_AXES)


def laid(batch: Mapping[str, Array], dtype: Any = mx.float32) -> dict[str, Any]:
    """The host's arrays for the device: images with their channels last, in this type; integers,
    which have no channels, as they are."""

    def moved(array: Array) -> Any:
        if array.dtype.kind == "i":
            return mx.array(array)
        return mx.contiguous(functional.channels_last(mx.array(array))).astype(dtype)

    return {name: moved(array) for name, array in batch.items()}


def convolution(layer: Convolution, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    viewed = windows.one_by_one(layer) and layer.axes == PLANE and mx.default_device() == mx.cpu
    convolve = _depthwise if viewed else _convolve

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        y = convolve(layer, x, weights[weight])
        return y + weights[bias] if layer.bias else y

    if layer.axes > 1:
        return apply
    # Its own convolution along one axis wants the channels last, where no sequence has them here.
    return lambda weights, x, moved: apply(weights, x.swapaxes(1, 2), moved).swapaxes(1, 2)


def _convolve(layer: Convolution, x: Any, kernel: Any) -> Any:
    window = layer.window(_described(layer, x))
    before, behind = zip(*window.edges, strict=True)
    how = {
        "stride": window.stride,
        "padding": (list(before), list(behind)),
        "kernel_dilation": window.dilation,
    }
    if layer.groups == 1 or layer.axes <= PLANE:
        return mx.conv_general(x, kernel, groups=layer.groups, **how)
    # Over volumes it has no groups of its own.
    pairs = zip(mx.split(x, layer.groups, -1), mx.split(kernel, layer.groups), strict=True)
    return mx.concatenate([mx.conv_general(part, own, **how) for part, own in pairs], -1)


def _described(layer: Convolution, x: Any) -> Shape:
    return (len(x), layer.inputs, *x.shape[1:-1])


def _depthwise(layer: Convolution, x: Any, kernel: Any) -> Any:
    """The sum over the kernel's places of the image, shifted and scaled: in float32."""
    factors = kernel.astype(mx.float32).reshape(layer.outputs, -1).T
    terms = zip(_views(layer, x, fill=0), factors, strict=True)
    return sum(view * factor for view, factor in terms).astype(x.dtype)


def transposed(layer: ConvTranspose2d, path: str) -> Apply:
    """On a CPU one product where kernels lie beside each other."""
    weight, bias = join(path, "weight"), join(path, "bias")
    spread = functional.side_by_side(layer) and mx.default_device() == mx.cpu

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        kernel = weights[weight]
        if spread:
            y = functional.transposed_product(layer, x, kernel.transpose(1, 2, 0, 3))
        else:
            y = _transposed(layer, x, kernel)
        return y + weights[bias] if layer.bias else y

    return apply


def _transposed(layer: ConvTranspose2d, x: Any, kernel: Any) -> Any:
    """MLX 0.32's own gradient loses places where `output_padding` is above `padding`, and its own
    result is another where `padding` takes a whole kernel: there edges are cut, or filled, here."""
    edges, extras = (spread(each, PLANE) for each in (layer.padding, layer.output_padding))
    along = list(zip(edges, extras, spread(layer.kernel, PLANE), strict=True))
    if all(extra <= edge < size for edge, extra, size in along):
        return mx.conv_transpose2d(x, kernel, layer.stride, layer.padding, 1, layer.output_padding)
    y = mx.conv_transpose2d(x, kernel, layer.stride)
    rows, columns = (slice(edge, min(extra - edge, 0) or None) for edge, extra, _ in along)
    behind = [(0, max(extra - edge, 0)) for edge, extra, _ in along]
    return mx.pad(y[:, rows, columns], [(0, 0), *behind, (0, 0)])


def instance_norm(layer: InstanceNorm, path: str) -> Apply:
    """As the framework's own layer, in float32."""
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        places, wide = functional.other_axes(x)[1:], x.astype(mx.float32)
        centred = wide - mx.mean(wide, places, keepdims=True)
        variance = mx.mean(mx.square(centred), places, keepdims=True)
        y = (centred * mx.rsqrt(variance + layer.eps)).astype(x.dtype)
        if not layer.affine:
            return y
        scale, shift = (functional.by_channel(weights[name], x) for name in (weight, bias))
        return y * scale + shift

    return apply


def max_pool(layer: MaxPool) -> Callable[[Any], Any]:
    return lambda x: reduce(mx.maximum, _views(layer, x, fill=-math.inf))


def average_pool(layer: AvgPool) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        total = sum(_views(layer, x.astype(mx.float32), fill=0))
        shares = mx.array(1 / windows.sizes_as_kept(layer, x.shape))
        return (total * shares).astype(x.dtype)

    return apply


def adaptive_pool(layer: AdaptiveAvgPool) -> Callable[[Any], Any]:
    def along(x: Any, axis: int, size: int) -> Any:
        length = x.shape[axis]
        if length % size == 0:
            return mean(mx.unflatten(x, axis, (size, length // size)), axis + 1)
        spans = adaptive_windows(length, size)
        parts = [mx.take(x, mx.arange(begin, end), axis) for begin, end in spans]
        return mx.stack([mean(part, axis) for part in parts], axis)

    def apply(x: Any) -> Any:
        sizes = layer.sizes(windows.described(x.shape))
        for axis, size in zip(functional.other_axes(x)[1:], sizes, strict=True):
            x = along(x, axis, size)
        return x

    return apply


def global_pool(x: Any) -> Any:
    return mean(x, functional.other_axes(x)[1:], keepdims=True)


def mean(x: Any, axis: int | tuple[int, ...], keepdims: bool = False) -> Any:
    """In float32: on a CPU MLX adds in the type of the values."""
    return mx.mean(x.astype(mx.float32), axis, keepdims).astype(x.dtype)


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Any, fill: float) -> Iterator[Any]:
    """What every place of the kernel sees, row by row: as many axes as x."""
    window = layer.window(windows.described(x.shape))
    edges = windows.over_places(x.ndim, window.edges, (0, 0))
    padded = mx.pad(x, edges, constant_values=fill) if any(map(any, edges)) else x
    for spans in windows.views(window):
        yield padded[windows.over_places(x.ndim, spans, slice(None))]

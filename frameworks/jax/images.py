"""The layers over images [batch, height, width, channels].

XLA's depthwise convolution and its gradient of a window's maximum are several times slower on a CPU
than windows taken one by one and added, or compared: there they are lowered to these.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial, reduce
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from frameworks.jax.products import biased
from frameworks.shared import functional, windows
from frameworks.shared.channels_last import PLANE
from frameworks.shared.functional import Apply, Moved, Weights
from frameworks.shared.windows import Windowed
from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    ConvTranspose2d,
    InstanceNorm,
    MaxPool,
    adaptive_windows,
    join,
)
from suites.layers.convolution import Convolution
from suites.layers.windows import Window

KERNEL_AXES = (2, 3, 1, 0)
"""HWIO from the description's OIHW."""


LAYOUTS = {1: ("NCH", "HIO", "NCH"), 2: ("NHWC", "HWIO", "NHWC"), 3: ("NDHWC", "DHWIO", "NDHWC")}
"""Axes of input, kernel and result, by how many axes stand behind the channels."""


@partial(jax.jit, static_argnames="dtype")
def laid(batch: Weights, dtype: Any) -> Weights:
    """A batch as its arrays lie on the device: images with their channels last, in this type;
    integers, which have no channels, as they are."""

    def moved(x: Any) -> Any:
        if jnp.issubdtype(x.dtype, jnp.integer):
            return x
        return functional.channels_last(x).astype(dtype)

    return {name: moved(x) for name, x in batch.items()}


def convolution(layer: Convolution, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    viewed = windows.one_by_one(layer) and layer.axes == PLANE and _on_cpu()
    convolve = _depthwise if viewed else _convolve
    if not layer.bias:
        return lambda weights, x, moved: convolve(layer, x, weights[weight])
    return lambda weights, x, moved: _shifted(convolve(layer, x, weights[weight]), weights[bias])


def _shifted(y: Any, bias: Any) -> Any:
    return biased(y, functional.by_channel(bias, y))


def _convolve(layer: Convolution, x: Any, kernel: Any) -> Any:
    window = _window(layer, x)
    return lax.conv_general_dilated(
        x,
        kernel,
        window_strides=window.stride,
        padding=window.edges,
        rhs_dilation=window.dilation,
        dimension_numbers=LAYOUTS[layer.axes],
        feature_group_count=layer.groups,
    )


def _depthwise(layer: Convolution, x: Any, kernel: Any) -> Any:
    """The sum over the kernel's places of the image, shifted and scaled: in float32."""
    factors = kernel.astype(jnp.float32).reshape(-1, layer.outputs)
    terms = zip(_views(layer, x, fill=0), factors, strict=True)
    return sum(view * factor for view, factor in terms).astype(x.dtype)


def transposed(layer: ConvTranspose2d, path: str) -> Apply:
    """On a CPU one product where kernels lie beside each other: XLA convolves an image with zeros
    between its places there."""
    weight, bias = join(path, "weight"), join(path, "bias")
    spread = functional.side_by_side(layer) and _on_cpu()
    convolve = functional.transposed_product if spread else _transposed

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        y = convolve(layer, x, weights[weight])
        return _shifted(y, weights[bias]) if layer.bias else y

    return apply


def _transposed(layer: ConvTranspose2d, x: Any, kernel: Any) -> Any:
    described = windows.described(x.shape)
    window, sizes = layer.window(described), layer.output_shape(described)[2:]
    each = zip(window.kernel, window.stride, window.edges, sizes, x.shape[1:3], strict=True)
    # What a kernel's other end sees: the image with stride - 1 zeros between its places.
    edges = [
        (reach - 1 - before, size + before - 1 - (places - 1) * stride)
        for reach, stride, (before, _), size, places in each
    ]
    return lax.conv_general_dilated(
        x,
        jnp.flip(kernel, (0, 1)).swapaxes(2, 3),
        window_strides=(1, 1),
        padding=edges,
        lhs_dilation=window.stride,
        dimension_numbers=LAYOUTS[PLANE],
    )


def instance_norm(layer: InstanceNorm, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        places = functional.other_axes(x)[1:]
        wide = x.astype(jnp.float32)
        y = jax.nn.standardize(wide, axis=places, epsilon=layer.eps)
        if layer.affine:
            scale, shift = (functional.by_channel(weights[name], x) for name in (weight, bias))
            y = y * scale + shift
        return y.astype(x.dtype)

    return apply


def max_pool(layer: MaxPool) -> Callable[[Any], Any]:
    def largest(x: Any) -> Any:
        return lax.reduce_window(x, -jnp.inf, lax.max, *_pooling(layer, x))

    def compared(x: Any) -> Any:
        # Of equals the first, as in reduce_window's gradient.
        views = _views(layer, x, fill=-jnp.inf)
        return reduce(lambda best, other: jnp.where(other > best, other, best), views)

    return compared if _on_cpu() else largest


def average_pool(layer: AvgPool) -> Callable[[Any], Any]:
    def apply(x: Any) -> Any:
        totals = lax.reduce_window(x.astype(jnp.float32), 0.0, lax.add, *_pooling(layer, x))
        return (totals / windows.sizes_as_kept(layer, x.shape)).astype(x.dtype)

    return apply


def adaptive_pool(layer: AdaptiveAvgPool) -> Callable[[Any], Any]:
    def along(x: Any, axis: int, size: int) -> Any:
        length = x.shape[axis]
        if length % size == 0:
            parts = (*x.shape[:axis], size, length // size, *x.shape[axis + 1 :])
            return jnp.mean(x.reshape(parts), axis + 1)
        means = [
            jnp.mean(lax.slice_in_dim(x, begin, end, axis=axis), axis)
            for begin, end in adaptive_windows(length, size)
        ]
        return jnp.stack(means, axis)

    def apply(x: Any) -> Any:
        sizes = layer.sizes(windows.described(x.shape))
        for axis, size in zip(functional.other_axes(x)[1:], sizes, strict=True):
            x = along(x, axis, size)
        return x

    return apply


def global_pool(x: Any) -> Any:
    return jnp.mean(x, axis=functional.other_axes(x)[1:], keepdims=True)


# --- windows --------------------------------------------------------------------------------


def _views(layer: Windowed, x: Any, fill: float) -> Iterator[Any]:
    """What every place of the kernel sees, row by row: as many axes as x."""
    window = _window(layer, x)
    edges = windows.over_places(x.ndim, window.edges, (0, 0))
    padded = jnp.pad(x, edges, constant_values=fill)
    for spans in windows.views(window):
        yield padded[windows.over_places(x.ndim, spans, slice(None))]


def _pooling(layer: MaxPool | AvgPool, x: Any) -> tuple[Any, Any, Any]:
    """Window, strides and padding over all axes of x."""
    window = _window(layer, x)
    return (
        windows.over_places(x.ndim, window.kernel, 1),
        windows.over_places(x.ndim, window.stride, 1),
        windows.over_places(x.ndim, window.edges, (0, 0)),
    )


def _window(layer: Windowed, x: Any) -> Window:
    return layer.window(windows.described(x.shape))


def _on_cpu() -> bool:
    return bool(jax.default_backend() == "cpu")

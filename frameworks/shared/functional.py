"""Layers as pure functions of all weights and an input: the part that frameworks have in common.

For frameworks whose arrays have NumPy's methods and which keep an image's channels last. Arrays
pass through untouched; the one function of the framework that is needed comes in as its module.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frameworks.shared.channels_last import (
    IMAGE,
    Layout,
    first_order,
    last_order,
    stored_axis,
    stored_order,
)
from suites.layers import (
    BatchNorm,
    Concat,
    ConvTranspose2d,
    Dropout,
    Flatten,
    Gated,
    Permute,
    PixelShuffle,
    Reshape,
    Residual,
    Sequential,
    Upsample,
    join,
    line_through,
)
from suites.layers.dropout import MASK

Weights = Mapping[str, Any]
Moved = dict[str, Any]
"""Running averages that a training pass has moved, by path: filled as the pass goes."""

Apply = Callable[[Weights, Any, Moved | None], Any]
"""Output from weights and input; without a `Moved`, in inference."""

Lowering = Callable[[Any, str, Layout], Apply]
"""Makes such a function of a layer, its path, and the layout in which weights are placed."""


# --- kinds of layers ------------------------------------------------------------------------


def plain(function: Callable[[Any], Any]) -> Lowering:
    """A layer without weights and settings: one function of the input."""
    return lambda layer, path, layout: _applied(function)


def configured(make: Callable[[Any], Callable[[Any], Any]]) -> Lowering:
    """A layer without weights, whose settings make a function of the input."""
    return lambda layer, path, layout: _applied(make(layer))


def weighted(make: Callable[[Any, str], Apply]) -> Lowering:
    """A layer with weights, which it finds under its path."""
    return lambda layer, path, layout: make(layer, path)


def _applied(function: Callable[[Any], Any]) -> Apply:
    return lambda weights, x, moved: function(x)


# --- layers made of layers ------------------------------------------------------------------


def sequential(lower: Lowering, layer: Sequential, path: str, layout: Layout) -> Apply:
    stages = _children(lower, layer, path, layout)

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        for stage in stages:
            x = stage(weights, x, moved)
        return x

    return apply


def concat(lower: Lowering, xp: Any, layer: Concat, path: str, layout: Layout) -> Apply:
    """`xp` is the framework's module of arrays."""
    branches = _children(lower, layer, path, layout)

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        outputs = [branch(weights, x, moved) for branch in branches]
        return xp.concatenate(outputs, axis=channel_axis(outputs[0]))

    return apply


def residual(lower: Lowering, layer: Residual, path: str, layout: Layout) -> Apply:
    body = lower(layer.body, join(path, "body"), layout)
    if layer.shortcut is None:
        return lambda weights, x, moved: x + body(weights, x, moved)
    shortcut = lower(layer.shortcut, join(path, "shortcut"), layout)
    return lambda weights, x, moved: shortcut(weights, x, moved) + body(weights, x, moved)


def gated(lower: Lowering, layer: Gated, path: str, layout: Layout) -> Apply:
    body = lower(layer.body, join(path, "body"), layout)
    return lambda weights, x, moved: x * body(weights, x, moved)


def _children(
    lower: Lowering, layer: Sequential | Concat, path: str, layout: Layout
) -> list[Apply]:
    return [lower(child, join(path, name), layout) for name, child in layer.children]


# --- other layers ---------------------------------------------------------------------------


def same(x: Any) -> Any:
    """The identity."""
    return x


def dropout(layer: Dropout, path: str) -> Apply:
    """The mask lies among the weights, under the layer's path."""
    if not layer.active:
        return _applied(same)
    mask, scale = join(path, MASK), layer.scale
    return lambda weights, x, moved: x if moved is None else x * (weights[mask] * scale)


def first_token(x: Any) -> Any:
    return x[:, 0]


def flatten(layer: Flatten, path: str, layout: Layout) -> Apply:
    """In channels-first order, unless the next layer's columns have been reordered instead."""
    before = same if path in layout.absorbed else channels_first
    return _applied(lambda x: before(x).reshape(x.shape[0], -1))


def over_last(apply: Callable[[Weights, Any], Any]) -> Apply:
    """A layer over the description's last axis: of an image, its columns."""
    return lambda weights, x, moved: channels_last(apply(weights, channels_first(x)))


# --- values moved to other places --------------------------------------------------------------


def reshape(layer: Reshape) -> Callable[[Any], Any]:
    return lambda x: channels_last(channels_first(x).reshape(x.shape[0], *layer.shape))


def permute(layer: Permute) -> Callable[[Any], Any]:
    order = stored_order(layer.axes)
    return lambda x: x.transpose(*order)


def pixel_shuffle(layer: PixelShuffle) -> Callable[[Any], Any]:
    factor = layer.factor

    def apply(x: Any) -> Any:
        batch, height, width, _ = x.shape
        blocks = x.reshape(batch, height, width, -1, factor, factor).transpose(0, 1, 4, 2, 5, 3)
        return blocks.reshape(batch, height * factor, width * factor, -1)

    return apply


def batch_norm(xp: Any, rsqrt: Callable[[Any], Any], layer: BatchNorm, path: str) -> Apply:
    """In float32; `xp` is the framework's module of arrays."""
    weight, bias, mean_path, variance_path = (
        join(path, name) for name in ("weight", "bias", "running_mean", "running_var")
    )

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        mean, variance = weights[mean_path], weights[variance_path]
        if moved is not None:
            axes, wide = other_axes(x), x.astype(xp.float32)
            batch_mean, batch_variance = xp.mean(wide, axes), xp.var(wide, axes)
            count = x.size // layer.channels
            unbiased = batch_variance * (count / (count - 1))
            moved[mean_path] = mean + layer.momentum * (batch_mean - mean)
            moved[variance_path] = variance + layer.momentum * (unbiased - variance)
            mean, variance = batch_mean, batch_variance
        scale = rsqrt(variance + layer.eps) * weights[weight]
        mean, scale, shift = (by_channel(each, x) for each in (mean, scale, weights[bias]))
        return ((x - mean) * scale + shift).astype(x.dtype)

    return apply


# --- images ---------------------------------------------------------------------------------


def channels_first(x: Any) -> Any:
    """An image in the description's layout; anything else as it is."""
    return x.transpose(*first_order(x.ndim)) if x.ndim >= IMAGE else x


def channels_last(x: Any) -> Any:
    """An image of the description's layout in ours; anything else as it is."""
    return x.transpose(*last_order(x.ndim)) if x.ndim >= IMAGE else x


def by_channel(values: Any, x: Any) -> Any:
    """A value for each channel, in the shape that goes along with x."""
    return values if channel_axis(x) == x.ndim - 1 else values.reshape(-1, *[1] * (x.ndim - 2))


def other_axes(x: Any) -> tuple[int, ...]:
    """All axes of x but its channels'."""
    return tuple(axis for axis in range(x.ndim) if axis != channel_axis(x))


def upsample(xp: Any, layer: Upsample) -> Callable[[Any], Any]:
    """Repeated, or along lines between neighbours, in the module `xp`."""
    along = _repeated if layer.mode == "nearest" else _drawn_out

    def apply(x: Any) -> Any:
        for axis in other_axes(x)[1:]:
            x = along(xp, x, layer.scale, axis)
        return x

    return apply


def _repeated(xp: Any, x: Any, scale: int, axis: int) -> Any:
    before, behind = x.shape[: axis + 1], x.shape[axis + 1 :]
    wide = xp.broadcast_to(x.reshape(*before, 1, *behind), (*before, scale, *behind))
    return wide.reshape(*before[:-1], x.shape[axis] * scale, *behind)


def _drawn_out(xp: Any, x: Any, scale: int, axis: int) -> Any:
    """Beyond the edge stands the edge. In float32."""
    wide, before = x.astype(xp.float32), (slice(None),) * axis
    towards = {
        -1: xp.concatenate([wide[(*before, slice(1))], wide[(*before, slice(-1))]], axis),
        1: xp.concatenate(
            [wide[(*before, slice(1, None))], wide[(*before, slice(-1, None))]], axis
        ),
    }
    drawn = [wide + away * (towards[step] - wide) for step, away in line_through(scale)]
    shape = (*x.shape[:axis], x.shape[axis] * scale, *x.shape[axis + 1 :])
    return xp.stack(drawn, axis + 1).reshape(shape).astype(x.dtype)


def transposed_product(layer: ConvTranspose2d, x: Any, kernel: Any) -> Any:
    """A transposed convolution whose kernels lie beside each other: one product for all places.
    The kernel is [height, width, outputs, inputs]."""
    batch, height, width, inputs = x.shape
    rows, columns, outputs, _ = kernel.shape
    spots = x.reshape(-1, inputs) @ kernel.reshape(-1, inputs).T
    parts = spots.reshape(batch, height, width, rows, columns, outputs)
    return parts.transpose(0, 1, 3, 2, 4, 5).reshape(batch, height * rows, width * columns, outputs)


def side_by_side(layer: ConvTranspose2d) -> bool:
    """Whether every value of a transposed convolution's result comes from one place alone."""
    return layer.kernel == layer.stride and layer.padding == layer.output_padding == 0


def channel_axis(x: Any) -> int:
    """Where the description's axis 1 is."""
    return stored_axis(1, x.ndim)

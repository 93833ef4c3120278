"""The layers as pure functions of weights and input; images keep their channels last."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import mlx.core as mx
from mlx import nn

from frameworks.interface import Unsupported
from frameworks.mlx.images import (
    Apply,
    Moved,
    Weights,
    adaptive_pool,
    average_pool,
    batch_norm,
    convolution,
    global_pool,
    max_pool,
)
from frameworks.shared.channels_last import Layout
from suites.layers import (
    GELU,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Concat,
    Conv2d,
    Dropout,
    Embedding,
    FirstToken,
    Flatten,
    Gated,
    GlobalAvgPool,
    Layer,
    LayerNorm,
    Linear,
    MaxPool,
    Positions,
    ReLU,
    ReLU6,
    Residual,
    Segment,
    SelfAttention,
    Sequential,
    Sigmoid,
    SiLU,
    StochasticDepth,
    Tanh,
    join,
)

ELEMENTWISE: dict[type[Layer], Callable[[Any], Any]] = {
    ReLU: nn.relu,
    ReLU6: nn.relu6,
    Sigmoid: mx.sigmoid,
    SiLU: nn.silu,
    GELU: nn.gelu,
    Tanh: mx.tanh,
    Dropout: lambda x: x,
    StochasticDepth: lambda x: x,
    FirstToken: lambda x: x[:, 0],
    GlobalAvgPool: global_pool,
}
"""Layers that are one function of their input."""


def lower(layer: Layer, path: str, layout: Layout) -> Apply:
    """The layer as a pure function of all weights, placed as `layout` says, and its input."""
    if type(layer) in ELEMENTWISE:
        return _plain(ELEMENTWISE[type(layer)])
    match layer:
        case Sequential():
            return _sequential(_children(layer, path, layout))
        case Concat():
            return _concat(_children(layer, path, layout))
        case Residual():
            return _residual(layer, path, layout)
        case Gated():
            body = lower(layer.body, join(path, "body"), layout)
            return lambda weights, x, moved: x * body(weights, x, moved)
        case Flatten():
            before = _same if path in layout.absorbed else channels_first
            return _plain(lambda x: before(x).reshape(x.shape[0], -1))
        case Linear():
            return _linear(layer, path)
        case LayerNorm():
            return _layer_norm(layer, path)
        case Conv2d():
            return convolution(layer, path)
        case BatchNorm():
            return batch_norm(layer, path)
        case MaxPool():
            return _plain(max_pool(layer))
        case AvgPool():
            return _plain(average_pool(layer))
        case AdaptiveAvgPool():
            return _plain(adaptive_pool(layer.size))
        case SelfAttention():
            return _attention(layer, path)
        case Embedding():
            weight = join(path, "weight")
            return lambda weights, x, moved: weights[weight][x]
        case Positions():
            weight = join(path, "weight")
            return lambda weights, x, moved: x + weights[weight][: x.shape[1]]
        case Segment():
            weight = join(path, "weight")
            return lambda weights, x, moved: x + weights[weight][0]
    raise Unsupported(f"MLX's adapter has no {type(layer).__name__}")


def channels_first(x: Any) -> Any:
    """An image in the description's layout; anything else as it is."""
    return x.transpose(0, 3, 1, 2) if x.ndim == 4 else x


def channels_last(x: Any) -> Any:
    """An image of the description's layout in ours; anything else as it is."""
    return x.transpose(0, 2, 3, 1) if x.ndim == 4 else x


# --- composites -----------------------------------------------------------------------------


def _children(layer: Sequential | Concat, path: str, layout: Layout) -> list[Apply]:
    return [lower(child, join(path, name), layout) for name, child in layer.children]


def _sequential(stages: Sequence[Apply]) -> Apply:
    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        for stage in stages:
            x = stage(weights, x, moved)
        return x

    return apply


def _concat(branches: Sequence[Apply]) -> Apply:
    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        outputs = [branch(weights, x, moved) for branch in branches]
        return mx.concatenate(outputs, axis=3 if outputs[0].ndim == 4 else 1)

    return apply


def _residual(layer: Residual, path: str, layout: Layout) -> Apply:
    body = lower(layer.body, join(path, "body"), layout)
    if layer.shortcut is None:
        return lambda weights, x, moved: x + body(weights, x, moved)
    shortcut = lower(layer.shortcut, join(path, "shortcut"), layout)
    return lambda weights, x, moved: shortcut(weights, x, moved) + body(weights, x, moved)


# --- over the last axis ---------------------------------------------------------------------


def _linear(layer: Linear, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    if not layer.bias:
        return _over_last(lambda weights, x: x @ weights[weight].T)
    return _over_last(lambda weights, x: mx.addmm(weights[bias], x, weights[weight].T))


def _layer_norm(layer: LayerNorm, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    return _over_last(
        lambda weights, x: mx.fast.layer_norm(x, weights[weight], weights[bias], layer.eps)
    )


def _over_last(apply: Callable[[Weights, Any], Any]) -> Apply:
    """A layer over the description's last axis: of an image, its columns."""
    return lambda weights, x, moved: channels_last(apply(weights, channels_first(x)))


def _attention(layer: SelfAttention, path: str) -> Apply:
    in_weight, in_bias, out_weight, out_bias = (
        join(path, name) for name in ("in_weight", "in_bias", "out_weight", "out_bias")
    )
    size = layer.width // layer.heads

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        joint = mx.addmm(weights[in_bias], x, weights[in_weight].T)
        parts = joint.reshape(*x.shape[:2], 3, layer.heads, size)
        q, k, v = parts.transpose(2, 0, 3, 1, 4)  # each [batch, heads, sequence, size]
        mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=size**-0.5)
        joined = mixed.swapaxes(1, 2).reshape(x.shape)
        return mx.addmm(weights[out_bias], joined, weights[out_weight].T)

    return apply


def _plain(function: Callable[[Any], Any]) -> Apply:
    return lambda weights, x, moved: function(x)


def _same(x: Any) -> Any:
    return x

"""The layers as pure functions of weights and input; images keep their channels last."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import mlx.core as mx
from mlx import nn

from frameworks.interface import Unsupported
from frameworks.mlx import attention, images, recurrent
from frameworks.shared import bags, decoders, functional, offsets
from frameworks.shared.channels_last import IMAGE, Layout, stored_axis
from frameworks.shared.functional import (
    Apply,
    Lowering,
    Moved,
    Weights,
    configured,
    plain,
    weighted,
)
from suites import layers
from suites.layers import Layer, join, lacking


def lower(layer: Layer, path: str, layout: Layout) -> Apply:
    """The layer as a pure function of all weights, placed as `layout` says, and its input."""
    if type(layer) not in LOWERINGS:
        raise Unsupported(lacking("MLX's adapter", layer, LOWERINGS, LACKS))
    return LOWERINGS[type(layer)](layer, path, layout)


def _linear(layer: layers.Linear, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    if not layer.bias:
        return functional.over_last(lambda weights, x: x @ weights[weight].T)
    return functional.over_last(lambda weights, x: mx.addmm(weights[bias], x, weights[weight].T))


def _layer_norm(layer: layers.LayerNorm, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    return functional.over_last(
        lambda weights, x: mx.fast.layer_norm(x, weights[weight], weights[bias], layer.eps)
    )


def _group_norm(layer: layers.GroupNorm, path: str) -> Apply:
    """As the framework's own layer: every group in one row, for its fused layer norm."""
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        batch, image = len(x), x.ndim >= IMAGE
        parts = x
        if image:
            parts = x.reshape(batch, -1, layer.groups, layer.channels // layer.groups)
            parts = parts.transpose(0, 2, 1, 3)
        rows = parts.reshape(batch, layer.groups, -1)
        y = mx.fast.layer_norm(rows, None, None, layer.eps).reshape(parts.shape)
        if image:
            y = y.transpose(0, 2, 1, 3).reshape(x.shape)
        if not layer.affine:
            return y
        scale, shift = (functional.by_channel(weights[name], x) for name in (weight, bias))
        return y * scale + shift

    return apply


def _softmax(layer: layers.Softmax) -> Callable[[Any], Any]:
    return lambda x: mx.softmax(x, axis=stored_axis(layer.axis, x.ndim), precise=True)


LOWERINGS: dict[type[Layer], Lowering] = {
    **attention.LOWERINGS,
    **recurrent.LOWERINGS,
    layers.Sequential: partial(functional.sequential, lower),
    layers.Concat: partial(functional.concat, lower, mx),
    layers.Residual: partial(functional.residual, lower),
    layers.Gated: partial(functional.gated, lower),
    layers.Linear: weighted(_linear),
    layers.LayerNorm: weighted(_layer_norm),
    layers.GroupNorm: weighted(_group_norm),
    layers.Conv1d: weighted(images.convolution),
    layers.Conv2d: weighted(images.convolution),
    layers.Conv3d: weighted(images.convolution),
    layers.ConvTranspose2d: weighted(images.transposed),
    layers.InstanceNorm: weighted(images.instance_norm),
    layers.Upsample: configured(partial(functional.upsample, mx)),
    layers.BatchNorm: weighted(partial(functional.batch_norm, mx, mx.rsqrt)),
    layers.MaxPool: configured(images.max_pool),
    layers.AvgPool: configured(images.average_pool),
    layers.AdaptiveAvgPool: configured(images.adaptive_pool),
    layers.GlobalAvgPool: plain(images.global_pool),
    layers.Flatten: functional.flatten,
    layers.Reshape: configured(functional.reshape),
    layers.Permute: configured(functional.permute),
    layers.PixelShuffle: configured(functional.pixel_shuffle),
    layers.CrossAttention: partial(
        decoders.cross_attention, lower, attention.projection, attention.attend
    ),
    layers.TiedHead: weighted(offsets.tied_head),
    layers.Embedding: weighted(partial(offsets.embedding, mx.float32)),
    layers.EmbeddingBag: weighted(bags.embedding_bag),
    layers.Counts: weighted(partial(bags.counts, mx)),
    layers.Interaction: weighted(partial(bags.interaction, mx)),
    layers.Positions: weighted(offsets.positions),
    layers.Segment: weighted(offsets.segment),
    layers.ClassToken: weighted(partial(offsets.class_token, mx)),
    layers.FirstToken: plain(functional.first_token),
    layers.ReLU: plain(nn.relu),
    layers.ReLU6: plain(nn.relu6),
    layers.Sigmoid: plain(mx.sigmoid),
    layers.SiLU: plain(nn.silu),
    layers.LeakyReLU: configured(lambda layer: partial(nn.leaky_relu, negative_slope=layer.slope)),
    layers.ELU: configured(lambda layer: partial(nn.elu, alpha=layer.alpha)),
    layers.GELU: configured(
        lambda layer: nn.gelu_approx if layer.approximate == "tanh" else nn.gelu
    ),
    layers.Softmax: configured(_softmax),
    layers.Tanh: plain(mx.tanh),
    layers.Dropout: weighted(functional.dropout),
    layers.StochasticDepth: weighted(functional.dropout),
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""

"""The layers as pure functions of weights and input; images keep their channels last."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp

from frameworks.interface import Unsupported
from frameworks.jax import attention, images, recurrent
from frameworks.jax.products import biased, by_rows
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
        raise Unsupported(lacking("JAX's adapter", layer, LOWERINGS, LACKS))
    return LOWERINGS[type(layer)](layer, path, layout)


def _linear(layer: layers.Linear, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    if not layer.bias:
        return functional.over_last(lambda weights, x: by_rows(x, weights[weight]))
    return functional.over_last(
        lambda weights, x: biased(by_rows(x, weights[weight]), weights[bias])
    )


def _layer_norm(layer: layers.LayerNorm, path: str) -> Apply:
    """In float32 to the end, as all norms: see `biased`."""
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any) -> Any:
        standard = jax.nn.standardize(x.astype(jnp.float32), epsilon=layer.eps)
        return (standard * weights[weight] + weights[bias]).astype(x.dtype)

    return functional.over_last(apply)


def _group_norm(layer: layers.GroupNorm, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        wide, image = x.astype(jnp.float32), x.ndim >= IMAGE
        places = x.shape[1:-1] if image else ()
        grouped = wide.reshape(len(x), *places, layer.groups, -1)
        axes = (*range(1, 1 + len(places)), -1)
        standard = jax.nn.standardize(grouped, axis=axes, epsilon=layer.eps)
        y = standard.reshape(x.shape)
        if layer.affine:
            scale, shift = (functional.by_channel(weights[name], x) for name in (weight, bias))
            y = y * scale + shift
        return y.astype(x.dtype)

    return apply


def _softmax(layer: layers.Softmax) -> Callable[[Any], Any]:
    return lambda x: jax.nn.softmax(x, axis=stored_axis(layer.axis, x.ndim))


LOWERINGS: dict[type[Layer], Lowering] = {
    **attention.LOWERINGS,
    **recurrent.LOWERINGS,
    layers.Sequential: partial(functional.sequential, lower),
    layers.Concat: partial(functional.concat, lower, jnp),
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
    layers.Upsample: configured(partial(functional.upsample, jnp)),
    layers.BatchNorm: weighted(partial(functional.batch_norm, jnp, jax.lax.rsqrt)),
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
    layers.Embedding: weighted(partial(offsets.embedding, jnp.float32)),
    layers.EmbeddingBag: weighted(bags.embedding_bag),
    layers.Counts: weighted(partial(bags.counts, jnp)),
    layers.Interaction: weighted(partial(bags.interaction, jnp)),
    layers.Positions: weighted(partial(offsets.positions, add=biased)),
    layers.Segment: weighted(partial(offsets.segment, add=biased)),
    layers.ClassToken: weighted(partial(offsets.class_token, jnp)),
    layers.FirstToken: plain(functional.first_token),
    layers.ReLU: plain(jax.nn.relu),
    layers.ReLU6: plain(jax.nn.relu6),
    layers.Sigmoid: plain(jax.nn.sigmoid),
    layers.SiLU: plain(jax.nn.silu),
    layers.LeakyReLU: configured(
        lambda layer: partial(jax.nn.leaky_relu, negative_slope=layer.slope)
    ),
    layers.ELU: configured(lambda layer: partial(jax.nn.elu, alpha=layer.alpha)),
    layers.GELU: configured(
        lambda layer: partial(jax.nn.gelu, approximate=layer.approximate == "tanh")
    ),
    layers.Softmax: configured(_softmax),
    layers.Tanh: plain(jnp.tanh),
    layers.Dropout: weighted(functional.dropout),
    layers.StochasticDepth: weighted(functional.dropout),
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""

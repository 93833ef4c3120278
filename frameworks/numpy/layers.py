"""The layers as functions of their input, with their weights bound."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from frameworks.interface import Unsupported
from frameworks.numpy import attention, bags, elementwise, images, recurrent
from frameworks.numpy.images import Apply
from suites import layers
from suites.data.arrays import Array
from suites.layers import Layer, join, lacking
from suites.layers.convolution import Convolution

Weights = Mapping[str, Array]

Lowering = Callable[[Any, str, Weights], Apply]
"""Makes a function of the input of a layer, its path, and all weights."""


def lower(layer: Layer, path: str, weights: Weights) -> Apply:
    """The layer as a function of its input, which it leaves as it is."""
    if type(layer) not in LOWERINGS:
        raise Unsupported(lacking("NumPy's adapter", layer, LOWERINGS, LACKS))
    return LOWERINGS[type(layer)](layer, path, weights)


def _plain(function: Apply) -> Lowering:
    """A layer without weights and settings: one function of the input."""
    return lambda layer, path, weights: function


def _bound(compute: Callable[..., Array]) -> Lowering:
    """A layer that is a function of itself, the input, and its weights by name."""
    return lambda layer, path, weights: partial(compute, layer, **_own(layer, path, weights))


def _own(layer: Layer, path: str, weights: Weights) -> dict[str, Array]:
    return {name: weights[join(path, name)] for name in layer.parameters()}


# --- layers made of layers ------------------------------------------------------------------


def _sequential(layer: layers.Sequential, path: str, weights: Weights) -> Apply:
    stages = _children(layer, path, weights)

    def apply(x: Array) -> Array:
        for stage in stages:
            x = stage(x)
        return x

    return apply


def _concat(layer: layers.Concat, path: str, weights: Weights) -> Apply:
    branches = _children(layer, path, weights)
    return lambda x: np.concatenate([branch(x) for branch in branches], axis=1)


def _residual(layer: layers.Residual, path: str, weights: Weights) -> Apply:
    body = lower(layer.body, join(path, "body"), weights)
    if layer.shortcut is None:
        return lambda x: x + body(x)
    shortcut = lower(layer.shortcut, join(path, "shortcut"), weights)
    return lambda x: shortcut(x) + body(x)


def _gated(layer: layers.Gated, path: str, weights: Weights) -> Apply:
    body = lower(layer.body, join(path, "body"), weights)
    return lambda x: x * body(x)


def _children(layer: layers.Sequential | layers.Concat, path: str, weights: Weights) -> list[Apply]:
    return [lower(child, join(path, name), weights) for name, child in layer.children]


def _convolution(layer: Convolution, path: str, weights: Weights) -> Apply:
    return images.convolution(layer, **_own(layer, path, weights))


def _cross_attention(layer: layers.CrossAttention, path: str, weights: Weights) -> Apply:
    context, own = lower(layer.context, join(path, "context"), weights), _own(layer, path, weights)
    return partial(attention.cross_attention, layer, context, **own)


# --- over the last axis ---------------------------------------------------------------------


def _linear(layer: layers.Linear, x: Array, weight: Array, bias: Array | None = None) -> Array:
    return attention.affine(x, weight, bias)


def _tied_head(layer: layers.TiedHead, path: str, weights: Weights) -> Apply:
    weight = weights[join(layer.of, "weight")]
    return lambda x: attention.affine(x, weight)


def _layer_norm(layer: layers.LayerNorm, x: Array, weight: Array, bias: Array) -> Array:
    y: Array = x - np.mean(x, axis=-1, keepdims=True)
    y /= np.sqrt(np.mean(y * y, axis=-1, keepdims=True) + layer.eps)
    y *= weight
    y += bias
    return y


def _positions(layer: layers.Positions, x: Array, weight: Array) -> Array:
    return x + weight[: x.shape[1]]


def _class_token(layer: layers.ClassToken, x: Array, weight: Array) -> Array:
    return np.concatenate([np.broadcast_to(weight, (len(x), 1, layer.width)), x], axis=1)


def _segment(layer: layers.Segment, x: Array, weight: Array) -> Array:
    y: Array = x + weight[0]
    return y


def _embedding(layer: layers.Embedding, x: Array, weight: Array) -> Array:
    rows: Array = weight[x]
    return rows


def _pixel_shuffle(layer: layers.PixelShuffle, x: Array) -> Array:
    batch, _, height, width = x.shape
    blocks = x.reshape(batch, -1, layer.factor, layer.factor, height, width)
    return blocks.transpose(0, 1, 4, 2, 5, 3).reshape(layer.output_shape(x.shape))


def _gelu(layer: layers.GELU) -> Apply:
    return elementwise.tanh_gelu if layer.approximate == "tanh" else elementwise.gelu


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.Linear: _bound(_linear),
    layers.LayerNorm: _bound(_layer_norm),
    layers.GroupNorm: _bound(images.group_norm),
    layers.InstanceNorm: _bound(images.group_norm),
    layers.Conv1d: _convolution,
    layers.Conv2d: _convolution,
    layers.Conv3d: _convolution,
    layers.ConvTranspose2d: _bound(images.transposed),
    layers.Upsample: _bound(images.upsample),
    layers.BatchNorm: _bound(images.batch_norm),
    layers.MaxPool: _bound(images.max_pool),
    layers.AvgPool: _bound(images.average_pool),
    layers.AdaptiveAvgPool: _bound(images.adaptive_pool),
    layers.GlobalAvgPool: _plain(images.global_pool),
    layers.Flatten: _plain(lambda x: x.reshape(x.shape[0], -1)),
    layers.Reshape: _bound(lambda layer, x: x.reshape(len(x), *layer.shape)),
    layers.Permute: _bound(lambda layer, x: np.transpose(x, layer.axes)),
    layers.PixelShuffle: _bound(_pixel_shuffle),
    layers.SelfAttention: _bound(attention.self_attention),
    layers.CrossAttention: _cross_attention,
    layers.SwiGLU: _bound(attention.swiglu),
    layers.RMSNorm: _bound(attention.rms_norm),
    layers.TiedHead: _tied_head,
    layers.Embedding: _bound(_embedding),
    layers.LSTM: _bound(recurrent.lstm),
    layers.GRU: _bound(recurrent.gru),
    layers.RNN: _bound(recurrent.rnn),
    layers.SequenceMean: _plain(lambda x: x.mean(axis=1)),
    layers.EmbeddingBag: _bound(bags.embedding_bag),
    layers.Counts: _bound(bags.counts),
    layers.Interaction: _bound(bags.interaction),
    layers.Positions: _bound(_positions),
    layers.Segment: _bound(_segment),
    layers.ClassToken: _bound(_class_token),
    layers.FirstToken: _plain(lambda x: x[:, 0]),
    layers.LastToken: _plain(lambda x: x[:, -1]),
    layers.ReLU: _plain(lambda x: np.maximum(x, 0)),
    layers.ReLU6: _plain(lambda x: np.clip(x, 0, 6)),
    layers.Sigmoid: _plain(elementwise.sigmoid),
    layers.SiLU: _plain(lambda x: x * elementwise.sigmoid(x)),
    layers.LeakyReLU: _bound(lambda layer, x: np.maximum(x, x * layer.slope)),
    layers.ELU: _bound(elementwise.elu),
    layers.GELU: lambda layer, path, weights: _gelu(layer),
    layers.Softmax: _bound(elementwise.softmax),
    layers.Tanh: _plain(np.tanh),
    layers.Dropout: _plain(lambda x: x),
    layers.StochasticDepth: _plain(lambda x: x),
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""

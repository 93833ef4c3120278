"""The layers as functions of their input; images keep their channels last."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any

import tensorflow as tf

from frameworks.interface import Unsupported
from frameworks.shared.channels_last import IMAGE, Layout, stored_axis
from frameworks.tf import (
    attention,
    bags,
    convolutions,
    elementwise,
    images,
    moving,
    recurrent,
)
from frameworks.tf.images import Apply
from frameworks.tf.moving import channels_first, channels_last
from suites import layers
from suites.layers import Layer, join, lacking
from suites.layers.convolution import Convolution
from suites.layers.dropout import MASK
from suites.layers.recurrent import Recurrent


@dataclass(frozen=True)
class Model:
    """What the layers share: their variables by path, laid out as `layout` says."""

    variables: Mapping[str, Any]
    layout: Layout
    masks: Mapping[str, Any] | None
    """Of active dropout, by path: those of the batch under way. None in inference."""
    on_cpu: bool
    xla: bool

    @property
    def training(self) -> bool:
        """Whether BatchNorm takes the batch's statistics and moves its running averages."""
        return self.masks is not None

    def own(self, layer: Layer, path: str) -> dict[str, Any]:
        """The layer's own variables by name."""
        return {name: self.variables[join(path, name)] for name in layer.parameters()}


Lowering = Callable[[Any, str, Model], Apply]
"""Makes a function of the input of a layer, its path, and what the layers share."""


def lower(layer: Layer, path: str, model: Model) -> Apply:
    """The layer as a function of its input, with its variables bound."""
    if type(layer) not in LOWERINGS:
        raise Unsupported(lacking("TensorFlow's adapter", layer, LOWERINGS, LACKS))
    return LOWERINGS[type(layer)](layer, path, model)


def _plain(function: Apply) -> Lowering:
    """A layer without variables and settings: one function of the input."""
    return lambda layer, path, model: function


def _bound(make: Callable[..., Apply]) -> Lowering:
    """A layer that `make` turns into a function with the layer's variables, by name."""
    return lambda layer, path, model: make(layer, **model.own(layer, path))


# --- layers made of layers ------------------------------------------------------------------


def _sequential(layer: layers.Sequential, path: str, model: Model) -> Apply:
    stages = _children(layer, path, model)

    def apply(x: Any) -> Any:
        for stage in stages:
            x = stage(x)
        return x

    return apply


def _concat(layer: layers.Concat, path: str, model: Model) -> Apply:
    branches = _children(layer, path, model)

    def apply(x: Any) -> Any:
        outputs = [branch(x) for branch in branches]
        return tf.concat(outputs, axis=stored_axis(1, len(outputs[0].shape)))

    return apply


def _residual(layer: layers.Residual, path: str, model: Model) -> Apply:
    body = lower(layer.body, join(path, "body"), model)
    if layer.shortcut is None:
        return lambda x: x + body(x)
    shortcut = lower(layer.shortcut, join(path, "shortcut"), model)
    return lambda x: shortcut(x) + body(x)


def _gated(layer: layers.Gated, path: str, model: Model) -> Apply:
    body = lower(layer.body, join(path, "body"), model)
    return lambda x: x * body(x)


def _cross_attention(layer: layers.CrossAttention, path: str, model: Model) -> Apply:
    context = lower(layer.context, join(path, "context"), model)
    return attention.cross_attention(layer, context, **model.own(layer, path))


def _children(layer: layers.Sequential | layers.Concat, path: str, model: Model) -> list[Apply]:
    return [lower(child, join(path, name), model) for name, child in layer.children]


# --- images ---------------------------------------------------------------------------------


def _flatten(layer: layers.Flatten, path: str, model: Model) -> Apply:
    """In channels-first order, unless the next layer's columns have been reordered instead."""
    if path in model.layout.absorbed:
        return lambda x: tf.reshape(x, (x.shape[0], -1))
    return lambda x: tf.reshape(channels_first(x), (x.shape[0], -1))


def _convolution(layer: Convolution, path: str, model: Model) -> Apply:
    where = {"on_cpu": model.on_cpu, "xla": model.xla}
    return convolutions.convolution(layer, **model.own(layer, path), **where)


def _batch_norm(layer: layers.BatchNorm, path: str, model: Model) -> Apply:
    return images.batch_norm(layer, **model.own(layer, path), training=model.training)


def _upsample(layer: layers.Upsample, path: str, model: Model) -> Apply:
    return images.upsample(layer, xla=model.xla)


# --- over the last axis ---------------------------------------------------------------------


def _linear(layer: layers.Linear, weight: Any, bias: Any = None) -> Apply:
    return _over_last(attention.affine(weight, bias))


def _layer_norm(layer: layers.LayerNorm, weight: Any, bias: Any) -> Apply:
    def apply(x: Any) -> Any:
        wide = tf.cast(x, tf.float32)
        centered = wide - tf.reduce_mean(wide, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), -1, keepdims=True)
        standard = centered * tf.math.rsqrt(variance + layer.eps)
        return images.scaled(standard, weight, bias, x.dtype)

    return _over_last(apply)


def _group_norm(layer: layers.GroupNorm, weight: Any = None, bias: Any = None) -> Apply:
    """In float32, as layer norm; the framework has no operation of its own."""

    def apply(x: Any) -> Any:
        image = len(x.shape) >= IMAGE
        places = x.shape[1:-1] if image else ()
        split = (x.shape[0], *places, layer.groups, -1)
        grouped = tf.reshape(tf.cast(x, tf.float32), split)
        mean, variance = tf.nn.moments(
            grouped, (*range(1, 1 + len(places)), len(split) - 1), keepdims=True
        )
        standard = (grouped - mean) * tf.math.rsqrt(variance + layer.eps)
        y = tf.reshape(standard, x.shape)
        if weight is None:
            return tf.cast(y, x.dtype)
        along = (-1,) if image else (-1, *[1] * (len(x.shape) - 2))
        scale, shift = tf.reshape(weight, along), tf.reshape(bias, along)
        return images.scaled(y, scale, shift, x.dtype)

    return apply


def _over_last(apply: Apply) -> Apply:
    """A layer over the description's last axis: of an image, its columns."""
    return lambda x: channels_last(apply(channels_first(x)))


def _swiglu(layer: layers.SwiGLU, gate: Any, up: Any, down: Any) -> Apply:
    return _over_last(attention.swiglu(layer, gate, up, down))


def _rms_norm(layer: layers.RMSNorm, weight: Any) -> Apply:
    return _over_last(attention.rms_norm(layer, weight))


def _tied_head(layer: layers.TiedHead, path: str, model: Model) -> Apply:
    return attention.tied_head(model.variables[join(layer.of, "weight")])


def _recurrent(layer: Recurrent, path: str, model: Model) -> Apply:
    return recurrent.recurrent(layer, model.own(layer, path), xla=model.xla)


def _embedding(layer: layers.Embedding, weight: Any) -> Apply:
    return lambda x: tf.gather(weight, x)


def _class_token(layer: layers.ClassToken, weight: Any) -> Apply:
    """In float32 until it stands before each sample, so that its gradient is summed in it."""

    def apply(x: Any) -> Any:
        wide = tf.broadcast_to(tf.cast(weight, tf.float32), (x.shape[0], 1, layer.width))
        return tf.concat([tf.cast(wide, x.dtype), x], 1)

    return apply


def _dropout(layer: layers.Dropout, path: str, model: Model) -> Apply:
    given, name = model.masks, join(path, MASK)
    if given is None or not layer.active:
        return lambda x: x
    return lambda x: x * (given[name] * layer.scale)


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.Linear: _bound(_linear),
    layers.LayerNorm: _bound(_layer_norm),
    layers.GroupNorm: _bound(_group_norm),
    layers.Conv1d: _convolution,
    layers.Conv2d: _convolution,
    layers.Conv3d: _convolution,
    layers.ConvTranspose2d: _bound(convolutions.transposed),
    layers.InstanceNorm: _bound(images.instance_norm),
    layers.Upsample: _upsample,
    layers.BatchNorm: _batch_norm,
    layers.MaxPool: _bound(images.max_pool),
    layers.AvgPool: _bound(images.average_pool),
    layers.AdaptiveAvgPool: _bound(images.adaptive_pool),
    layers.GlobalAvgPool: _plain(images.global_pool),
    layers.Flatten: _flatten,
    layers.Reshape: _bound(moving.reshape),
    layers.Permute: _bound(moving.permute),
    layers.PixelShuffle: _bound(moving.pixel_shuffle),
    layers.SelfAttention: _bound(attention.self_attention),
    layers.CrossAttention: _cross_attention,
    layers.SwiGLU: _bound(_swiglu),
    layers.RMSNorm: _bound(_rms_norm),
    layers.TiedHead: _tied_head,
    layers.Embedding: _bound(_embedding),
    layers.LSTM: _recurrent,
    layers.GRU: _recurrent,
    layers.RNN: _recurrent,
    layers.SequenceMean: _plain(lambda x: tf.reduce_mean(x, 1)),
    layers.EmbeddingBag: _bound(bags.embedding_bag),
    layers.Counts: _bound(bags.counts),
    layers.Interaction: _bound(bags.interaction),
    layers.Positions: _bound(elementwise.positions),
    layers.Segment: _bound(elementwise.segment),
    layers.ClassToken: _bound(_class_token),
    layers.FirstToken: _plain(lambda x: x[:, 0]),
    layers.LastToken: _plain(lambda x: x[:, -1]),
    layers.ReLU: _plain(tf.nn.relu),
    layers.ReLU6: _plain(tf.nn.relu6),
    layers.Sigmoid: _plain(tf.sigmoid),
    layers.SiLU: _plain(tf.nn.silu),
    layers.LeakyReLU: _bound(lambda layer: partial(tf.nn.leaky_relu, alpha=layer.slope)),
    layers.ELU: _bound(elementwise.elu),
    layers.GELU: _bound(
        lambda layer: elementwise.tanh_gelu if layer.approximate == "tanh" else elementwise.gelu
    ),
    layers.Softmax: _bound(elementwise.softmax),
    layers.Tanh: _plain(elementwise.tanh),
    layers.Dropout: _dropout,
    layers.StochasticDepth: _dropout,
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""

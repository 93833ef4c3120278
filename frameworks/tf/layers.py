"""The layers as functions of their input; images keep their channels last."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import tensorflow as tf

from frameworks.interface import Unsupported
from frameworks.shared.channels_last import Layout, depthwise
from frameworks.tf.images import (
    Apply,
    Convolve,
    adaptive_pool,
    average_pool,
    batch_norm,
    by_channel,
    by_group,
    by_window,
    convolution,
    max_pool,
    whole,
)
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

# GELU: tf.nn.gelu takes one operation more each way. Tanh: Grappler fuses it with a convolution
# and its normalisation, which the CPU then has no kernel for; a held shape keeps them apart.
ELEMENTWISE: dict[type[Layer], Apply] = {
    ReLU: tf.nn.relu,
    ReLU6: tf.nn.relu6,
    Sigmoid: tf.sigmoid,
    SiLU: tf.nn.silu,
    GELU: lambda x: x * (0.5 + 0.5 * tf.math.erf(x * math.sqrt(0.5))),
    Tanh: lambda x: tf.tanh(tf.ensure_shape(x, x.shape)),
    Dropout: lambda x: x,
    StochasticDepth: lambda x: x,
    FirstToken: lambda x: x[:, 0],
    GlobalAvgPool: lambda x: tf.reduce_mean(x, (1, 2), keepdims=True),
}
"""Layers that are one function of their input."""


@dataclass(frozen=True)
class Model:
    """What the layers share: their variables by path, laid out as `layout` says."""

    variables: Mapping[str, Any]
    layout: Layout
    training: bool
    """Whether BatchNorm takes the batch's statistics and moves its running averages."""
    on_cpu: bool
    xla: bool

    def own(self, layer: Layer, path: str) -> dict[str, Any]:
        """The layer's own variables by name."""
        return {name: self.variables[join(path, name)] for name in layer.parameters()}


def lower(layer: Layer, path: str, model: Model) -> Apply:
    """The layer as a function of its input, with its variables bound."""
    if type(layer) in ELEMENTWISE:
        return ELEMENTWISE[type(layer)]
    own = model.own(layer, path)
    match layer:
        case Sequential():
            return _sequential(_children(layer, path, model))
        case Concat():
            return _concat(_children(layer, path, model))
        case Residual():
            return _residual(layer, path, model)
        case Gated():
            body = lower(layer.body, join(path, "body"), model)
            return lambda x: x * body(x)
        case Flatten():
            before = _same if path in model.layout.absorbed else channels_first
            return lambda x: tf.reshape(before(x), (x.shape[0], -1))
        case Linear():
            return _over_last(_linear(**own))
        case LayerNorm():
            return _over_last(_layer_norm(layer, **own))
        case Conv2d():
            return convolution(layer, **own, way=_way(layer, model))
        case BatchNorm():
            return batch_norm(layer, **own, training=model.training)
        case MaxPool():
            return max_pool(layer)
        case AvgPool():
            return average_pool(layer)
        case AdaptiveAvgPool():
            return adaptive_pool(layer.size)
        case SelfAttention():
            return _attention(layer, **own)
        case Embedding():
            return lambda x: tf.gather(own["weight"], x)
        case Positions():
            return lambda x: x + own["weight"][: x.shape[1]]
        case Segment():
            return lambda x: x + own["weight"][0]
    raise Unsupported(f"TensorFlow's adapter has no {type(layer).__name__}")


def _way(layer: Conv2d, model: Model) -> Convolve:
    """On the CPU groups have no gradients, and no convolution where a bias is fused to it, unless
    oneDNN runs them, which depends on the processor. XLA's depthwise convolution is many times
    slower than its windows one by one, its gradient up to a thousand times."""
    if depthwise(layer):
        return by_window if model.on_cpu and model.xla else by_channel
    return by_group if layer.groups > 1 and model.on_cpu else whole


def channels_first(x: Any) -> Any:
    """An image in the description's layout; anything else as it is."""
    return tf.transpose(x, (0, 3, 1, 2)) if len(x.shape) == 4 else x


def channels_last(x: Any) -> Any:
    """An image of the description's layout in ours; anything else as it is."""
    return tf.transpose(x, (0, 2, 3, 1)) if len(x.shape) == 4 else x


# --- composites -----------------------------------------------------------------------------


def _children(layer: Sequential | Concat, path: str, model: Model) -> list[Apply]:
    return [lower(child, join(path, name), model) for name, child in layer.children]


def _sequential(stages: Sequence[Apply]) -> Apply:
    def apply(x: Any) -> Any:
        for stage in stages:
            x = stage(x)
        return x

    return apply


def _concat(branches: Sequence[Apply]) -> Apply:
    def apply(x: Any) -> Any:
        outputs = [branch(x) for branch in branches]
        return tf.concat(outputs, axis=3 if len(outputs[0].shape) == 4 else 1)

    return apply


def _residual(layer: Residual, path: str, model: Model) -> Apply:
    body = lower(layer.body, join(path, "body"), model)
    if layer.shortcut is None:
        return lambda x: x + body(x)
    shortcut = lower(layer.shortcut, join(path, "shortcut"), model)
    return lambda x: shortcut(x) + body(x)


# --- over the last axis ---------------------------------------------------------------------


def _linear(weight: Any, bias: Any = None) -> Apply:
    """The weight is [inputs, outputs]: transposed in the product, few rows take 20 times as long
    on a CPU."""

    def apply(x: Any) -> Any:
        # Of more axes, matmul would multiply sample by sample.
        rows = x if len(x.shape) == 2 else tf.reshape(x, (-1, x.shape[-1]))
        y = tf.matmul(rows, weight)
        if bias is not None:
            y = tf.nn.bias_add(y, bias)
        return y if rows is x else tf.reshape(y, (*x.shape[:-1], y.shape[-1]))

    return apply


def _layer_norm(layer: LayerNorm, weight: Any, bias: Any) -> Apply:
    def apply(x: Any) -> Any:
        wide = tf.cast(x, tf.float32)
        centered = wide - tf.reduce_mean(wide, -1, keepdims=True)
        variance = tf.reduce_mean(tf.square(centered), -1, keepdims=True)
        standard = centered * tf.math.rsqrt(variance + layer.eps)
        return tf.cast(standard, x.dtype) * weight + bias

    return apply


def _over_last(apply: Apply) -> Apply:
    """A layer over the description's last axis: of an image, its columns."""
    return lambda x: channels_last(apply(channels_first(x)))


def _attention(
    layer: SelfAttention, in_weight: Any, in_bias: Any, out_weight: Any, out_bias: Any
) -> Apply:
    into, out_of = _linear(in_weight, in_bias), _linear(out_weight, out_bias)
    size = layer.width // layer.heads

    def apply(x: Any) -> Any:
        parts = tf.reshape(into(x), (*x.shape[:2], 3, layer.heads, size))
        q, k, v = tf.unstack(tf.transpose(parts, (2, 0, 3, 1, 4)))  # [batch, heads, places, size]
        scores = tf.nn.softmax(tf.matmul(q * (1 / math.sqrt(size)), k, transpose_b=True))
        mixed = tf.transpose(tf.matmul(scores, v), (0, 2, 1, 3))
        return out_of(tf.reshape(mixed, x.shape))

    return apply


def _same(x: Any) -> Any:
    return x

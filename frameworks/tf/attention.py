"""Attention as functions of their input, of products and a softmax, as TensorFlow has no operation
for it; and what decoders have besides."""

from __future__ import annotations

import functools
import math
from typing import Any

import tensorflow as tf

from frameworks.shared.attention import turns, visible
from frameworks.tf.elementwise import biased
from frameworks.tf.images import Apply
from suites import layers

UNSEEN = -1e4
"""Added to a score, its exponential is 0 in any precision; float16 holds it."""


def affine(weight: Any, bias: Any = None) -> Apply:
    """The weight is [inputs, outputs]: transposed in the product, few rows take 20 times as long
    on a CPU."""

    def apply(x: Any) -> Any:
        # Of more axes, matmul would multiply sample by sample.
        rows = x if len(x.shape) == 2 else tf.reshape(x, (-1, x.shape[-1]))
        y = tf.matmul(rows, weight)
        if bias is not None:
            y = biased(y, bias)
        return y if rows is x else tf.reshape(y, (*x.shape[:-1], y.shape[-1]))

    return apply


def split(layer: layers.SelfAttention, joint: Any) -> list[Any]:
    """Queries, keys and values, each [batch, heads, places, size]."""
    return [_by_head(part, layer.size) for part in tf.split(joint, layer.rows, axis=-1)]


def _by_head(x: Any, size: int) -> Any:
    return tf.transpose(tf.reshape(x, (*x.shape[:2], -1, size)), (0, 2, 1, 3))


def attend(q: Any, k: Any, v: Any, bias: Any = None) -> Any:
    """What the heads return, [batch, places, width]; the bias is 0 where a key is seen."""
    batch, heads, places, size = q.shape
    # Heads that share keys lie one below the other.
    rows = tf.reshape(q * (1 / math.sqrt(size)), (batch, k.shape[1], -1, size))
    scores = tf.matmul(rows, k, transpose_b=True)
    if bias is not None:
        shape = scores.shape
        scores = tf.reshape(scores, (batch, heads, places, -1)) + bias
        scores = tf.reshape(scores, shape)
    mixed = tf.reshape(tf.matmul(tf.nn.softmax(scores), v), q.shape)
    return tf.reshape(tf.transpose(mixed, (0, 2, 1, 3)), (batch, places, heads * size))


def turn(x: Any, cosines: Any, sines: Any) -> Any:
    """x with its halves turned, as tables of `shared.attention` say."""
    return x * cosines + tf.roll(x, x.shape[-1] // 2, axis=-1) * sines


@functools.cache
def tables(layer: layers.SelfAttention, places: int, dtype: Any) -> list[Any]:
    """By what places are turned, on the device."""
    with tf.init_scope():  # once, and not as a part of the graph that is being made
        return [tf.constant(table, dtype) for table in turns(layer, places)]


@functools.cache
def _bias(layer: layers.SelfAttention, places: int, dtype: Any) -> Any:
    """What is added to scores, on the device; None where all see all."""
    seen = visible(layer, places)
    with tf.init_scope():
        return None if seen is None else tf.constant(UNSEEN * ~seen, dtype)


def self_attention(
    layer: layers.SelfAttention,
    in_weight: Any,
    out_weight: Any,
    in_bias: Any = None,
    out_bias: Any = None,
) -> Apply:
    into, out_of = affine(in_weight, in_bias), affine(out_weight, out_bias)

    def apply(x: Any) -> Any:
        q, k, v = split(layer, into(x))
        if layer.rotary is not None:
            turned = tables(layer, x.shape[1], x.dtype)
            q, k = turn(q, *turned), turn(k, *turned)
        return out_of(attend(q, k, v, _bias(layer, x.shape[1], x.dtype)))

    return apply


def cross_attention(
    layer: layers.CrossAttention,
    context: Apply,
    *,
    in_weight: Any,
    in_bias: Any,
    out_weight: Any,
    out_bias: Any,
) -> Apply:
    width, out_of = layer.width, affine(out_weight, out_bias)

    def apply(x: Any) -> Any:
        q = affine(in_weight[:, :width], in_bias[:width])(x)
        joint = affine(in_weight[:, width:], in_bias[width:])(context(x))
        parts = (q, *tf.split(joint, 2, axis=-1))
        return out_of(attend(*(_by_head(part, layer.size) for part in parts)))

    return apply


def swiglu(layer: layers.SwiGLU, gate: Any, up: Any, down: Any) -> Apply:
    gated, upper, lower = affine(gate), affine(up), affine(down)
    return lambda x: lower(tf.nn.silu(gated(x)) * upper(x))


def rms_norm(layer: layers.RMSNorm, weight: Any) -> Apply:
    def apply(x: Any) -> Any:
        wide = tf.cast(x, tf.float32)
        root = tf.math.rsqrt(tf.reduce_mean(tf.square(wide), -1, keepdims=True) + layer.eps)
        return tf.cast(wide * root * tf.cast(weight, tf.float32), x.dtype)

    return apply


def tied_head(weight: Any) -> Apply:
    """The embedding's weight stays [tokens, width]."""

    def apply(x: Any) -> Any:
        rows = tf.reshape(x, (-1, x.shape[-1]))
        y = tf.matmul(rows, weight, transpose_b=True)
        return tf.reshape(y, (*x.shape[:-1], y.shape[-1]))

    return apply

"""Attention as functions of their input, with weights bound, and what decoders have besides."""

from __future__ import annotations

import functools
import math

import numpy as np

from frameworks.numpy import elementwise
from frameworks.numpy.images import Apply
from frameworks.shared.attention import turns, visible
from suites import layers
from suites.data.arrays import Array

UNSEEN = np.float32(-1e30)
"""A score whose exponential is 0."""

_turns, _visible = functools.cache(turns), functools.cache(visible)


def affine(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """One product for all places; NumPy would make one for each sample."""
    y: Array = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], -1)


def split(layer: layers.SelfAttention, joint: Array) -> list[Array]:
    """Queries, keys and values, each [batch, heads, places, size]."""
    ends = [layer.rows[0], layer.rows[0] + layer.rows[1]]
    return [_by_head(part, layer.size) for part in np.split(joint, ends, axis=-1)]


def _by_head(x: Array, size: int) -> Array:
    return x.reshape(*x.shape[:2], -1, size).swapaxes(1, 2)


def attend(q: Array, k: Array, v: Array, seen: Array | None = None) -> Array:
    """What the heads return, [batch, places, width]; `seen` says which keys each query sees."""
    batch, heads, places, size = q.shape
    # Heads that share keys lie one below the other.
    rows = (q / math.sqrt(size)).reshape(batch, k.shape[1], -1, size)
    scores: Array = rows @ k.swapaxes(-1, -2)
    if seen is not None:
        np.copyto(scores.reshape(batch, heads, places, -1), UNSEEN, where=~seen)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    mixed = (scores @ v).reshape(q.shape)
    return mixed.swapaxes(1, 2).reshape(batch, places, heads * size)


def turn(x: Array, cosines: Array, sines: Array) -> Array:
    """x with its halves turned, as tables of `shared.attention` say."""
    turned: Array = np.roll(x, x.shape[-1] // 2, axis=-1)
    turned *= sines
    turned += x * cosines
    return turned


def self_attention(
    layer: layers.SelfAttention,
    x: Array,
    in_weight: Array,
    out_weight: Array,
    in_bias: Array | None = None,
    out_bias: Array | None = None,
) -> Array:
    q, k, v = split(layer, affine(x, in_weight, in_bias))
    if layer.rotary is not None:
        tables = _turns(layer, x.shape[1])
        q, k = turn(q, *tables), turn(k, *tables)
    mixed = attend(q, k, v, _visible(layer, x.shape[1]))
    return affine(mixed, out_weight, out_bias)


def cross_attention(
    layer: layers.CrossAttention,
    context: Apply,
    x: Array,
    *,
    in_weight: Array,
    in_bias: Array,
    out_weight: Array,
    out_bias: Array,
) -> Array:
    width = layer.width
    joint = affine(context(x), in_weight[width:], in_bias[width:])
    parts = (affine(x, in_weight[:width], in_bias[:width]), *np.split(joint, 2, axis=-1))
    mixed = attend(*(_by_head(part, layer.size) for part in parts))
    return affine(mixed, out_weight, out_bias)


def swiglu(layer: layers.SwiGLU, x: Array, gate: Array, up: Array, down: Array) -> Array:
    gated = affine(x, gate)
    gated *= elementwise.sigmoid(gated)
    gated *= affine(x, up)
    return affine(gated, down)


def rms_norm(layer: layers.RMSNorm, x: Array, weight: Array) -> Array:
    y: Array = x / np.sqrt(np.mean(x * x, axis=-1, keepdims=True) + layer.eps)
    y *= weight
    return y

"""Attention as pure functions of weights and input, and what decoders have besides.

As products and a softmax: XLA joins them, and on a CPU `jax.nn.dot_product_attention` takes 1.6
times as long; what it calls of cuDNN is for 16 bits alone.
"""

from __future__ import annotations

import math
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from frameworks.jax.products import biased, by_rows
from frameworks.shared import functional
from frameworks.shared.attention import turns, visible
from frameworks.shared.decoders import Project, by_head, swiglu
from frameworks.shared.functional import Apply, Lowering, Moved, Weights, plain, weighted
from suites import layers
from suites.layers import Layer, join

UNSEEN = -1e4
"""A score whose exponential is 0 in any precision; float16 holds it."""


def projection(path: str, name: str, bias: bool, rows: slice = slice(None)) -> Project:
    """x times rows of a weight, plus those of its bias if it has one."""
    weight, own = join(path, f"{name}_weight"), join(path, f"{name}_bias")
    if not bias:
        return lambda weights, x: by_rows(x, weights[weight][rows])
    return lambda weights, x: biased(by_rows(x, weights[weight][rows]), weights[own][rows])


def split(layer: layers.SelfAttention, joint: Any) -> list[Any]:
    """Queries, keys and values, each [batch, heads, places, size]."""
    q_end, k_end = layer.rows[0], layer.rows[0] + layer.rows[1]
    parts = joint[..., :q_end], joint[..., q_end:k_end], joint[..., k_end:]
    return [by_head(part, layer.size) for part in parts]


def attend(q: Any, k: Any, v: Any, seen: Any = None) -> Any:
    """What the heads return, [batch, places, width]; `seen` says which keys each query sees."""
    batch, heads, places, size = q.shape
    # Heads that share keys lie one below the other.
    rows = (q / math.sqrt(size)).reshape(batch, k.shape[1], -1, size)
    scores = rows @ k.swapaxes(-1, -2)
    if seen is not None:
        scores = scores.reshape(batch, heads, places, -1)
        scores = jnp.where(seen, scores, UNSEEN).reshape(batch, k.shape[1], rows.shape[2], -1)
    mixed = (jax.nn.softmax(scores) @ v).reshape(q.shape)
    return mixed.swapaxes(1, 2).reshape(batch, places, heads * size)


def turn(x: Any, cosines: Any, sines: Any) -> Any:
    """x with its halves turned, as tables of `shared.attention` say."""
    swapped = jnp.roll(x, x.shape[-1] // 2, axis=-1)
    return x * jnp.asarray(cosines, x.dtype) + swapped * jnp.asarray(sines, x.dtype)


def _self_attention(layer: layers.SelfAttention, path: str) -> Apply:
    into, out_of = (projection(path, name, layer.bias) for name in ("in", "out"))

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        q, k, v = split(layer, into(weights, x))
        if layer.rotary is not None:
            tables = turns(layer, x.shape[1])
            q, k = turn(q, *tables), turn(k, *tables)
        return out_of(weights, attend(q, k, v, visible(layer, x.shape[1])))

    return apply


def _rms_norm(layer: layers.RMSNorm, path: str) -> Apply:
    weight = join(path, "weight")

    def apply(weights: Weights, x: Any) -> Any:
        wide = x.astype(jnp.float32)
        root = lax.rsqrt(jnp.mean(jnp.square(wide), -1, keepdims=True) + layer.eps)
        return (wide * root * weights[weight]).astype(x.dtype)

    return functional.over_last(apply)


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.SelfAttention: weighted(_self_attention),
    layers.SwiGLU: weighted(swiglu(jax.nn.silu, by_rows)),
    layers.RMSNorm: weighted(_rms_norm),
    layers.LastToken: plain(lambda x: x[:, -1]),
}
"""How each kind of layer is lowered, by its exact class."""

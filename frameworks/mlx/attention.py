"""Attention as pure functions of weights and input, through MLX's own fused kernels, and what
decoders have besides."""

from __future__ import annotations

from typing import Any

import mlx.core as mx
from mlx import nn

from frameworks.shared import functional
from frameworks.shared.attention import visible
from frameworks.shared.decoders import Project, by_head, swiglu
from frameworks.shared.functional import Apply, Lowering, Moved, Weights, plain, weighted
from suites import layers
from suites.layers import Layer, join


def projection(path: str, name: str, bias: bool, rows: slice = slice(None)) -> Project:
    """x times rows of a weight, plus those of its bias if it has one."""
    weight, own = join(path, f"{name}_weight"), join(path, f"{name}_bias")
    if not bias:
        return lambda weights, x: x @ weights[weight][rows].T
    return lambda weights, x: mx.addmm(weights[own][rows], x, weights[weight][rows].T)


def split(layer: layers.SelfAttention, joint: Any) -> list[Any]:
    """Queries, keys and values, each [batch, heads, places, size]."""
    ends = [layer.rows[0], layer.rows[0] + layer.rows[1]]
    return [by_head(part, layer.size) for part in mx.split(joint, ends, axis=-1)]


def attend(q: Any, k: Any, v: Any, mask: Any = None) -> Any:
    """What the heads return, [batch, places, width]."""
    scale = q.shape[-1] ** -0.5
    mixed = mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, mask=mask)
    return mixed.swapaxes(1, 2).reshape(q.shape[0], q.shape[2], -1)


def turn(layer: layers.SelfAttention, x: Any, offset: Any = 0) -> Any:
    """x [batch, heads, places, size] with its halves turned, from this place on."""
    how = {"traditional": False, "base": layer.rotary, "scale": 1.0}
    return mx.fast.rope(x, layer.size, offset=offset, **how)


def _self_attention(layer: layers.SelfAttention, path: str) -> Apply:
    into, out_of = (projection(path, name, layer.bias) for name in ("in", "out"))

    def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
        q, k, v = split(layer, into(weights, x))
        if layer.rotary is not None:
            q, k = turn(layer, q), turn(layer, k)
        return out_of(weights, attend(q, k, v, _mask(layer, x.shape[1])))

    return apply


def _mask(layer: layers.SelfAttention, places: int) -> Any:
    if layer.window is None:
        return "causal" if layer.causal else None
    return mx.array(visible(layer, places))


def _rms_norm(layer: layers.RMSNorm, path: str) -> Apply:
    weight = join(path, "weight")
    return functional.over_last(lambda weights, x: mx.fast.rms_norm(x, weights[weight], layer.eps))


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.SelfAttention: weighted(_self_attention),
    layers.SwiGLU: weighted(swiglu(nn.silu, lambda x, weight: x @ weight.T)),
    layers.RMSNorm: weighted(_rms_norm),
    layers.LastToken: plain(lambda x: x[:, -1]),
}
"""How each kind of layer is lowered, by its exact class."""

"""What attention computes, with its masks, its shared heads and its turned places."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
import numpy as np

from suites import layers
from suites.layers import Layer, join
from suites.verification.reference.meanings.arithmetic import Values
from suites.verification.reference.meanings.dense import affine, shares
from suites.verification.reference.meanings.operations import computed, multiply
from suites.verification.reference.meanings.running import Meaning, Run

UNSEEN = -1e30
"""A score whose exponential is 0 in any precision."""


def _self_attention(run: Run, layer: layers.SelfAttention, x: Any, path: str) -> Any:
    inner = affine(run, x, *_projection(run, layer.bias, "in", path))
    q_end, k_end, _ = np.cumsum(layer.rows)
    q, k, v = (
        _heads(part, heads)
        for part, heads in (
            (inner[..., :q_end], layer.heads),
            (inner[..., q_end:k_end], layer.key_heads),
            (inner[..., k_end:], layer.key_heads),
        )
    )
    if layer.rotary is not None:
        q, k = (turned(run, part, layer.rotary) for part in (q, k))
    joined = _mixed(run, q, k, v, visible(layer, x.shape[1]))
    return affine(run, joined, *_projection(run, layer.bias, "out", path))


def _cross_attention(run: Run, layer: layers.CrossAttention, x: Any, path: str) -> Any:
    width, context = layer.width, run.apply(layer.context, x, join(path, "context"))
    weight, bias = _projection(run, True, "in", path)
    q = affine(run, x, weight[:width], bias[:width])
    kv = affine(run, context, weight[width:], bias[width:])
    parts = (_heads(part, layer.heads) for part in (q, kv[..., :width], kv[..., width:]))
    joined = _mixed(run, *parts)
    return affine(run, joined, *_projection(run, True, "out", path))


def visible(layer: layers.SelfAttention, places: int) -> Values | None:
    """Which places each place sees, as [places, places]; None where it sees all."""
    if not layer.causal and layer.window is None:
        return None
    after = np.arange(places)[:, None] - np.arange(places)
    near: Values = np.abs(after) < (layer.window or places)
    return near & (after >= 0) if layer.causal else near


def turned(run: Run, x: Any, base: float) -> Any:
    """x [..., places, size] with its halves turned by an angle for each place and element. On a
    device the angles themselves are worked out in float32."""
    half = x.shape[-1] // 2
    speeds = base ** (-np.arange(half) / half)
    places = run.begin + np.arange(x.shape[-2])
    angles = computed(np.outer(places, speeds).astype(x.dtype), run.arithmetic)
    cos, sin = np.cos(angles), np.sin(angles)
    one, two = x[..., :half], x[..., half:]
    return anp.concatenate([one * cos - two * sin, two * cos + one * sin], axis=-1)


def _projection(run: Run, bias: bool, name: str, path: str) -> tuple[Any, Any]:
    weight = run.weight(path, f"{name}_weight")
    return weight, run.weight(path, f"{name}_bias") if bias else None


def _heads(x: Any, heads: int) -> Any:
    """[batch, places, heads x size] to [batch, heads, places, size]."""
    parts = anp.reshape(x, (*x.shape[:2], heads, x.shape[2] // heads))
    return anp.transpose(parts, (0, 2, 1, 3))


def _mixed(run: Run, q: Any, k: Any, v: Any, seen: Values | None = None) -> Any:
    """What the heads return, one beside the other: [batch, places, width]."""
    batch, heads, places, size = q.shape
    groups = heads // k.shape[1]
    # The heads that share keys, one below the other.
    rows = anp.reshape(q, (batch, k.shape[1], groups * places, size))
    scores = multiply(rows, anp.transpose(k, (0, 1, 3, 2)), run.arithmetic) / math.sqrt(size)
    if seen is not None:
        scores = anp.where(np.tile(seen, (groups, 1)), scores, np.asarray(UNSEEN, scores.dtype))
    mixed = anp.reshape(multiply(shares(run, scores, -1), v, run.arithmetic), q.shape)
    return anp.reshape(anp.transpose(mixed, (0, 2, 1, 3)), (batch, places, heads * size))


MEANINGS: dict[type[Layer], Meaning] = {
    layers.SelfAttention: _self_attention,
    layers.CrossAttention: _cross_attention,
}
"""What each kind of layer computes, by its exact class."""

"""The layers as functions of their input, with their weights bound."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from frameworks.interface import Unsupported
from frameworks.numpy.images import (
    Apply,
    adaptive_pool,
    average_pool,
    batch_norm,
    convolution,
    max_pool,
)
from suites.data.arrays import Array
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


def lower(layer: Layer, weights: Mapping[str, Array], path: str) -> Apply:
    """The layer as a function of its input, which it leaves as it is."""
    own = {name: weights[join(path, name)] for name in layer.parameters()}
    if type(layer) in ELEMENTWISE:
        return ELEMENTWISE[type(layer)]
    match layer:
        case Sequential():
            return _sequential(_children(layer, weights, path))
        case Concat():
            branches = _children(layer, weights, path)
            return lambda x: np.concatenate([branch(x) for branch in branches], axis=1)
        case Residual():
            return _residual(layer, weights, path)
        case Gated():
            body = lower(layer.body, weights, join(path, "body"))
            return lambda x: x * body(x)
        case Flatten():
            return lambda x: x.reshape(x.shape[0], -1)
        case Linear():
            return lambda x: _linear(x, own["weight"], own.get("bias"))
        case LayerNorm():
            return lambda x: _layer_norm(layer, x, **own)
        case Conv2d():
            return convolution(layer, own["weight"], own.get("bias"))
        case BatchNorm():
            return lambda x: batch_norm(layer, x, **own)
        case MaxPool():
            return lambda x: max_pool(layer, x)
        case AvgPool():
            return lambda x: average_pool(layer, x)
        case AdaptiveAvgPool():
            return lambda x: adaptive_pool(layer, x)
        case SelfAttention():
            return lambda x: _attention(layer, x, **own)
        case Embedding():
            return lambda x: own["weight"][x]
        case Positions():
            return lambda x: x + own["weight"][: x.shape[1]]
        case Segment():
            return lambda x: x + own["weight"][0]
    raise Unsupported(f"NumPy's adapter has no {type(layer).__name__}")


# --- composites -----------------------------------------------------------------------------


def _children(layer: Sequential | Concat, weights: Mapping[str, Array], path: str) -> list[Apply]:
    return [lower(child, weights, join(path, name)) for name, child in layer.children]


def _sequential(stages: Sequence[Apply]) -> Apply:
    def apply(x: Array) -> Array:
        for stage in stages:
            x = stage(x)
        return x

    return apply


def _residual(layer: Residual, weights: Mapping[str, Array], path: str) -> Apply:
    body = lower(layer.body, weights, join(path, "body"))
    if layer.shortcut is None:
        return lambda x: x + body(x)
    shortcut = lower(layer.shortcut, weights, join(path, "shortcut"))
    return lambda x: shortcut(x) + body(x)


# --- over the last axis ---------------------------------------------------------------------


def _linear(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """One product for all places; NumPy would make one for each sample."""
    y: Array = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], -1)


def _layer_norm(layer: LayerNorm, x: Array, weight: Array, bias: Array) -> Array:
    y: Array = x - np.mean(x, axis=-1, keepdims=True)
    y /= np.sqrt(np.mean(y * y, axis=-1, keepdims=True) + layer.eps)
    y *= weight
    y += bias
    return y


def _attention(
    layer: SelfAttention,
    x: Array,
    in_weight: Array,
    in_bias: Array,
    out_weight: Array,
    out_bias: Array,
) -> Array:
    size = layer.width // layer.heads
    parts = _linear(x, in_weight, in_bias).reshape(*x.shape[:2], 3, layer.heads, size)
    q, k, v = parts.transpose(2, 0, 3, 1, 4)  # each [batch, heads, sequence, size]
    scores = (q / math.sqrt(size)) @ k.swapaxes(-1, -2)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return _linear((scores @ v).swapaxes(1, 2).reshape(x.shape), out_weight, out_bias)


# --- element by element ---------------------------------------------------------------------


def _sigmoid(x: Array) -> Array:
    """(1 + tanh(x / 2)) / 2, which unlike the definition never overflows."""
    y = x * 0.5
    np.tanh(y, out=y)
    y += 1
    y *= 0.5
    return y


TAIL = 6.0
"""A normal distribution's share above it is 1e-9: nothing beside the x that it is taken from."""


def _logarithm() -> list[float]:
    """Coefficients, highest first, of log(Phi(-x)) + x^2 / 2 in s = 4 TAIL / (TAIL + x) - 3.

    NumPy has no erf, so the polynomial goes through values of `math.erfc` in Chebyshev's points. A
    reciprocal as its variable is Hastings' (Approximations for Digital Computers, 1955, part 2).
    Phi(-x) is then right to 5e-8 of itself for 0 <= x <= TAIL, before float32 rounds.
    """

    def exact(points: Array) -> Array:
        numbers = 4 * TAIL / (points + 3) - TAIL
        return np.array([math.log(math.erfc(x / math.sqrt(2)) / 2) + x * x / 2 for x in numbers])

    fitted = Chebyshev.interpolate(exact, deg=8).convert(kind=Polynomial)
    return [float(coefficient) for coefficient in fitted.coef[::-1]]


FIRST, *OTHERS = _logarithm()

BLOCK = 2**16
"""Values taken at a time, so that the many passes over them stay in a core's cache."""


def _gelu(x: Array) -> Array:
    flat = x.reshape(-1)
    y = np.empty_like(flat)
    for begin in range(0, len(flat), BLOCK):
        block = slice(begin, begin + BLOCK)
        y[block] = _gelu_of(flat[block])
    return y.reshape(x.shape)


def _gelu_of(x: Array) -> Array:
    """max(x, 0) - |x| Phi(-|x|), which is x Phi(x)."""
    size = np.minimum(np.abs(x), TAIL)
    s = 4 * TAIL / (size + TAIL) - 3
    y = np.full_like(x, FIRST)
    for coefficient in OTHERS:
        y *= s
        y += coefficient
    y -= size * size * 0.5
    np.exp(y, out=y)
    y *= -size
    y += np.maximum(x, 0)
    return y


ELEMENTWISE: dict[type[Layer], Apply] = {
    ReLU: lambda x: np.maximum(x, 0),
    ReLU6: lambda x: np.clip(x, 0, 6),
    Sigmoid: _sigmoid,
    SiLU: lambda x: x * _sigmoid(x),
    GELU: _gelu,
    Tanh: np.tanh,
    Dropout: lambda x: x,
    StochasticDepth: lambda x: x,
    FirstToken: lambda x: x[:, 0],
    GlobalAvgPool: lambda x: np.mean(x, axis=(2, 3), keepdims=True),
}
"""Layers that are one function of their input."""

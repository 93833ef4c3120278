"""The layers as functions of their input, with their weights bound."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from frameworks.interface import Unsupported
from frameworks.numpy import images
from frameworks.numpy.images import Apply
from suites import layers
from suites.data.arrays import Array
from suites.layers import Layer, join, lacking

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


def _convolution(layer: layers.Conv2d, path: str, weights: Weights) -> Apply:
    return images.convolution(layer, **_own(layer, path, weights))


# --- over the last axis ---------------------------------------------------------------------


def _affine(x: Array, weight: Array, bias: Array | None = None) -> Array:
    """One product for all places; NumPy would make one for each sample."""
    y: Array = x.reshape(-1, x.shape[-1]) @ weight.T
    if bias is not None:
        y += bias
    return y.reshape(*x.shape[:-1], -1)


def _linear(layer: layers.Linear, x: Array, weight: Array, bias: Array | None = None) -> Array:
    return _affine(x, weight, bias)


def _layer_norm(layer: layers.LayerNorm, x: Array, weight: Array, bias: Array) -> Array:
    y: Array = x - np.mean(x, axis=-1, keepdims=True)
    y /= np.sqrt(np.mean(y * y, axis=-1, keepdims=True) + layer.eps)
    y *= weight
    y += bias
    return y


def _group_norm(
    layer: layers.GroupNorm, x: Array, weight: Array | None = None, bias: Array | None = None
) -> Array:
    rows: Array = x.reshape(len(x), layer.groups, -1)
    rows = rows - np.mean(rows, axis=-1, keepdims=True)
    rows /= np.sqrt(np.mean(rows * rows, axis=-1, keepdims=True) + layer.eps)
    y = rows.reshape(x.shape)
    if weight is not None and bias is not None:
        along = (-1, *[1] * (x.ndim - 2))
        y *= weight.reshape(along)
        y += bias.reshape(along)
    return y


def _attention(
    layer: layers.SelfAttention,
    x: Array,
    in_weight: Array,
    in_bias: Array,
    out_weight: Array,
    out_bias: Array,
) -> Array:
    size = layer.width // layer.heads
    parts = _affine(x, in_weight, in_bias).reshape(*x.shape[:2], 3, layer.heads, size)
    q, k, v = parts.transpose(2, 0, 3, 1, 4)  # each [batch, heads, sequence, size]
    scores = (q / math.sqrt(size)) @ k.swapaxes(-1, -2)
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    return _affine((scores @ v).swapaxes(1, 2).reshape(x.shape), out_weight, out_bias)


def _positions(layer: layers.Positions, x: Array, weight: Array) -> Array:
    return x + weight[: x.shape[1]]


def _segment(layer: layers.Segment, x: Array, weight: Array) -> Array:
    y: Array = x + weight[0]
    return y


def _embedding(layer: layers.Embedding, x: Array, weight: Array) -> Array:
    rows: Array = weight[x]
    return rows


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


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.Linear: _bound(_linear),
    layers.LayerNorm: _bound(_layer_norm),
    layers.GroupNorm: _bound(_group_norm),
    layers.Conv2d: _convolution,
    layers.BatchNorm: _bound(images.batch_norm),
    layers.MaxPool: _bound(images.max_pool),
    layers.AvgPool: _bound(images.average_pool),
    layers.AdaptiveAvgPool: _bound(images.adaptive_pool),
    layers.GlobalAvgPool: _plain(lambda x: np.mean(x, axis=(2, 3), keepdims=True)),
    layers.Flatten: _plain(lambda x: x.reshape(x.shape[0], -1)),
    layers.SelfAttention: _bound(_attention),
    layers.Embedding: _bound(_embedding),
    layers.Positions: _bound(_positions),
    layers.Segment: _bound(_segment),
    layers.FirstToken: _plain(lambda x: x[:, 0]),
    layers.ReLU: _plain(lambda x: np.maximum(x, 0)),
    layers.ReLU6: _plain(lambda x: np.clip(x, 0, 6)),
    layers.Sigmoid: _plain(_sigmoid),
    layers.SiLU: _plain(lambda x: x * _sigmoid(x)),
    layers.GELU: _plain(_gelu),
    layers.Tanh: _plain(np.tanh),
    layers.Dropout: _plain(lambda x: x),
    layers.StochasticDepth: _plain(lambda x: x),
}
"""How each kind of layer is lowered, by its exact class."""

LACKS: dict[type[Layer], str] = {}
"""Kinds of layers that this adapter does without, each with the reason that a user reads."""

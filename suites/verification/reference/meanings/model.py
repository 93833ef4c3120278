"""What every layer computes, in whatever arithmetic the arrays carry: float64, or `autograd`'s."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt

from suites import layers
from suites.layers import Layer, join, lacking
from suites.verification.reference.meanings import elementwise, images, moving
from suites.verification.reference.meanings.arithmetic import Exact
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    apply_rows,
    computed,
    largest_along,
    mean_over,
    multiply,
    scale_by_channel,
    stored,
)
from suites.verification.reference.meanings.running import Meaning

Float64 = npt.NDArray[np.float64]
Weights = Mapping[str, Any]
EXACT = Exact()


class NoReference(ValueError):
    """The reference cannot do this work; the message says what it lacks."""


@dataclass
class Pass:
    """One pass of a model over a batch. `averages` collects what training makes of BatchNorm's."""

    weights: Weights
    training: bool = False
    arithmetic: Exact = field(default_factory=Exact)
    averages: dict[str, Any] = field(default_factory=dict)

    def apply(self, layer: Layer, x: Any, path: str = "") -> Any:
        """The layer's output for x."""
        if type(layer) not in MEANINGS:
            reason = lacking("the reference", layer, MEANINGS)
            raise NoReference(f"{reason}; see docs/adding.md")
        y = MEANINGS[type(layer)](self, layer, x, path)
        return y if type(layer) in SAME_VALUES else stored(y, self.arithmetic)

    def weight(self, path: str, name: str) -> Any:
        """A layer's own parameter."""
        return self.weights[join(path, name)]


def _sequential(run: Pass, layer: layers.Sequential, x: Any, path: str) -> Any:
    for name, child in layer.children:
        x = run.apply(child, x, join(path, name))
    return x


def _concat(run: Pass, layer: layers.Concat, x: Any, path: str) -> Any:
    parts = [run.apply(child, x, join(path, name)) for name, child in layer.children]
    return anp.concatenate(parts, axis=1)


def _residual(run: Pass, layer: layers.Residual, x: Any, path: str) -> Any:
    beside = x
    if layer.shortcut is not None:
        beside = run.apply(layer.shortcut, x, join(path, "shortcut"))
    return beside + run.apply(layer.body, x, join(path, "body"))


def _gated(run: Pass, layer: layers.Gated, x: Any, path: str) -> Any:
    return x * run.apply(layer.body, x, join(path, "body"))


def _product(run: Pass, a: Any, b: Any) -> Any:
    return multiply(a, b, run.arithmetic)


def _affine(run: Pass, x: Any, weight: Any, bias: Any = None) -> Any:
    """x [..., k] times weight [o, k], plus a bias [o]."""
    rows = anp.reshape(x, (-1, x.shape[-1]))
    y = anp.reshape(apply_rows(rows, weight, run.arithmetic), (*x.shape[:-1], len(weight)))
    return y if bias is None else add_by_channel(y, bias, -1, run.arithmetic)


def _linear(run: Pass, layer: layers.Linear, x: Any, path: str) -> Any:
    bias = run.weight(path, "bias") if layer.bias else None
    return _affine(run, x, run.weight(path, "weight"), bias)


def _layer_norm(run: Pass, layer: layers.LayerNorm, x: Any, path: str) -> Any:
    mean = mean_over(x, -1)
    centred = x - mean
    if run.arithmetic.squares_first:
        variance = anp.maximum(mean_over(x**2, -1) - mean**2, 0)
    else:
        variance = mean_over(centred**2, -1)
    scaled = centred * computed(1 / anp.sqrt(variance + layer.eps), run.arithmetic)
    weighted = scale_by_channel(scaled, run.weight(path, "weight"), -1, run.arithmetic)
    return add_by_channel(weighted, run.weight(path, "bias"), -1, run.arithmetic)


def _attention(run: Pass, layer: layers.SelfAttention, x: Any, path: str) -> Any:
    batch, sequence, width = x.shape
    inner = _affine(run, x, run.weight(path, "in_weight"), run.weight(path, "in_bias"))
    heads = anp.reshape(inner, (batch, sequence, 3, layer.heads, width // layer.heads))
    q, k, v = (anp.transpose(heads[:, :, i], (0, 2, 1, 3)) for i in range(3))
    scores = _product(run, q, anp.transpose(k, (0, 1, 3, 2))) / math.sqrt(width // layer.heads)
    shares = _shares(run, scores, -1)
    joined = anp.reshape(
        anp.transpose(_product(run, shares, v), (0, 2, 1, 3)), (batch, sequence, width)
    )
    return _affine(run, joined, run.weight(path, "out_weight"), run.weight(path, "out_bias"))


def _softmax(run: Pass, layer: layers.Softmax, x: Any, path: str) -> Any:
    return _shares(run, x, layer.axis)


def _shares(run: Pass, x: Any, axis: int) -> Any:
    powers = computed(anp.exp(x - largest_along(x, axis)), run.arithmetic)
    return powers / anp.sum(powers, axis=axis, keepdims=True)


SAME_VALUES = (
    *(layers.Sequential, layers.Concat, layers.FirstToken, layers.Embedding),
    *images.SAME_VALUES,
    *elementwise.SAME_VALUES,
    *moving.MEANINGS,
)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Meaning] = {
    **images.MEANINGS,
    **elementwise.MEANINGS,
    **moving.MEANINGS,
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.Linear: _linear,
    layers.LayerNorm: _layer_norm,
    layers.SelfAttention: _attention,
    layers.Softmax: _softmax,
    layers.FirstToken: lambda run, layer, x, path: x[:, 0],
    layers.Embedding: lambda run, layer, x, path: run.weight(path, "weight")[x],
    layers.Positions: lambda run, layer, x, path: x + run.weight(path, "weight")[: x.shape[1]],
    layers.Segment: lambda run, layer, x, path: x + run.weight(path, "weight")[0],
}
"""What each kind of layer computes, by its exact class."""


def cross_entropy(logits: Any, labels: npt.NDArray[Any], arithmetic: Exact = EXACT) -> Any:
    """Mean over all labels of -log softmax(logits)[label]; the classes are the last axis."""
    flat = anp.reshape(logits, (-1, logits.shape[-1]))
    shifted = flat - largest_along(flat)
    powers = computed(anp.exp(shifted), arithmetic)
    log_total = anp.log(anp.sum(powers, axis=1))
    losses = log_total - shifted[np.arange(labels.size), labels.ravel()]
    return anp.sum(losses) / labels.size

"""What layers over the last axis compute: products with weights, and norms."""

from __future__ import annotations

from typing import Any

import autograd.numpy as anp

from suites import layers
from suites.layers import Layer
from suites.verification.reference.meanings.elementwise import sigmoid
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    apart,
    apply_rows,
    computed,
    largest_along,
    mean_over,
    scale_by_channel,
    stored,
)
from suites.verification.reference.meanings.running import Meaning, Run


def affine(run: Run, x: Any, weight: Any, bias: Any = None) -> Any:
    """x [..., k] times weight [o, k], plus a bias [o]."""
    rows = anp.reshape(x, (-1, x.shape[-1]))
    y = anp.reshape(apply_rows(rows, weight, run.arithmetic), (*x.shape[:-1], len(weight)))
    return y if bias is None else add_by_channel(y, bias, -1, run.arithmetic)


def _linear(run: Run, layer: layers.Linear, x: Any, path: str) -> Any:
    bias = run.weight(path, "bias") if layer.bias else None
    return affine(run, x, run.weight(path, "weight"), bias)


def _tied_head(run: Run, layer: layers.TiedHead, x: Any, path: str) -> Any:
    return affine(run, x, run.weight(layer.of, "weight"))


def _swiglu(run: Run, layer: layers.SwiGLU, x: Any, path: str) -> Any:
    gate, up = (
        stored(affine(run, x, run.weight(path, name)), run.arithmetic) for name in ("gate", "up")
    )
    gated = stored(gate * sigmoid(run, gate) * up, run.arithmetic)
    return affine(run, gated, run.weight(path, "down"))


def _layer_norm(run: Run, layer: layers.LayerNorm, x: Any, path: str) -> Any:
    mean = mean_over(x, -1)
    centred = x - mean
    if run.arithmetic.squares_first:
        squares = run.arithmetic.squared(mean_over(x**2, -1))
        variance = anp.maximum(squares - mean**2, 0)
    else:
        variance = mean_over(centred**2, -1)
    scaled = centred * computed(1 / anp.sqrt(variance + layer.eps), run.arithmetic)
    weighted = scale_by_channel(scaled, run.weight(path, "weight"), -1, run.arithmetic)
    return add_by_channel(weighted, run.weight(path, "bias"), -1, run.arithmetic)


def _rms_norm(run: Run, layer: layers.RMSNorm, x: Any, path: str) -> Any:
    root = computed(1 / anp.sqrt(mean_over(x**2, -1) + layer.eps), run.arithmetic)
    return scale_by_channel(x * root, run.weight(path, "weight"), -1, run.arithmetic)


def _softmax(run: Run, layer: layers.Softmax, x: Any, path: str) -> Any:
    return shares(run, x, layer.axis)


def shares(run: Run, x: Any, axis: int) -> Any:
    """exp(x) over its sum along an axis."""
    powers = computed(anp.exp(x - largest_along(x, axis)), run.arithmetic)
    return powers / apart(anp.sum(powers, axis=axis, keepdims=True), run.arithmetic)


MEANINGS: dict[type[Layer], Meaning] = {
    layers.Linear: _linear,
    layers.TiedHead: _tied_head,
    layers.SwiGLU: _swiglu,
    layers.LayerNorm: _layer_norm,
    layers.RMSNorm: _rms_norm,
    layers.Softmax: _softmax,
}
"""What each kind of layer computes, by its exact class."""

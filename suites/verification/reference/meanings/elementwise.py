"""What layers compute that treat every element alone."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
from autograd.extend import defvjp, primitive

from suites import layers
from suites.layers import Layer
from suites.layers.dropout import MASK
from suites.verification.reference.meanings.operations import computed, stored
from suites.verification.reference.meanings.running import Meaning, Run


@primitive  # type: ignore[untyped-decorator]
def erf(x: Any) -> Any:
    """The error function. autograd.scipy's would load all of SciPy, a second of every start."""
    from scipy import special  # a third of a second, where there is a GELU

    return special.erf(x)


defvjp(erf, lambda y, x: lambda g: 2 / math.sqrt(math.pi) * g * anp.exp(-(x**2)))


def _rectified(run: Run, layer: Layer, x: Any, path: str) -> Any:
    return x * _passing(run, x, math.inf)


def _rectified_6(run: Run, layer: Layer, x: Any, path: str) -> Any:
    passes = _passing(run, x, 6.0)
    values = getattr(x, "_value", x)
    at_six = (values >= 3.0) & ~passes
    return x * passes + 6 * at_six.astype(values.dtype)


def _leaky(run: Run, layer: layers.LeakyReLU, x: Any, path: str) -> Any:
    passes = _passing(run, x, math.inf)
    return x * (passes + layer.slope * ~passes).astype(x.dtype)


def _elu(run: Run, layer: layers.ELU, x: Any, path: str) -> Any:
    passes = _passing(run, x, math.inf)
    # Subtracted as frameworks do it, who lose digits of small numbers.
    below = layer.alpha * (computed(anp.exp(x * ~passes), run.arithmetic) - 1)
    return x * passes + below


def _passing(run: Run, x: Any, high: float) -> Any:
    return run.arithmetic.between(getattr(x, "_value", x), 0.0, high)


def sigmoid(run: Run, x: Any) -> Any:
    """1 / (1 + exp(-x)), written so that it never overflows."""
    return computed(0.5 * (anp.tanh(0.5 * x) + 1), run.arithmetic)


def _gelu(run: Run, layer: layers.GELU, x: Any, path: str) -> Any:
    if layer.approximate == "tanh":
        inner = math.sqrt(2 / math.pi) * (x + 0.044715 * x**3)
        return 0.5 * x * computed(1 + anp.tanh(inner), run.arithmetic)
    return 0.5 * x * computed(1 + erf(x / math.sqrt(2)), run.arithmetic)


def _dropped(run: Run, layer: layers.Dropout, x: Any, path: str) -> Any:
    if not (layer.active and run.training):
        return x
    return stored(x * (run.weight(path, MASK) * x.dtype.type(layer.scale)), run.arithmetic)


SAME_VALUES = (layers.ReLU, layers.ReLU6, layers.Dropout, layers.StochasticDepth)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Meaning] = {
    layers.ReLU: _rectified,
    layers.ReLU6: _rectified_6,
    layers.LeakyReLU: _leaky,
    layers.ELU: _elu,
    layers.Sigmoid: lambda run, layer, x, path: sigmoid(run, x),
    layers.SiLU: lambda run, layer, x, path: x * sigmoid(run, x),
    layers.GELU: _gelu,
    layers.Tanh: lambda run, layer, x, path: computed(anp.tanh(x), run.arithmetic),
    layers.Dropout: _dropped,
    layers.StochasticDepth: _dropped,
}
"""What each kind of layer computes, by its exact class."""

"""Operations as NumPy's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from frameworks.interface import Resettable, Unsupported
from frameworks.numpy.layers import lower
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.operations import (
    Apply,
    Named,
    adam_step,
    common,
    elementwise,
    heads_first,
    of_x,
)
from suites import layers, operations
from suites.data.arrays import Array, Arrays
from suites.operations import Operator


def build(operator: Operator, arrays: Arrays) -> Resettable:
    """The operator as a step."""
    if type(operator) not in OPERATIONS:
        reason = MISSING[type(operator)]
        raise Unsupported(f"NumPy's adapter has no {type(operator).__name__}: {reason}")
    apply, weights = OPERATIONS[type(operator)](operator), _copied(arrays.weights)
    if operator.from_host:
        host = Source(lambda arrays: arrays.batch, arrays)
        return Resettable(lambda: apply(weights, host.take()), host.reset)
    source = Source(lambda arrays: going_round([_copied(x) for x in ring(arrays)]), arrays)
    return Resettable(lambda: apply(weights, source.take()), source.reset)


def _copied(held: Mapping[str, Array]) -> dict[str, Array]:
    return {name: array.copy() for name, array in held.items()}


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": np.add,
    "multiply": np.multiply,
    "relu": lambda x: np.maximum(x, 0),
    "exp": np.exp,
    "tanh": np.tanh,
    "sigmoid": lower(layers.Sigmoid(), "", {}),
    "gelu": lower(layers.GELU(), "", {}),
}


def _shares(x: Array, axis: int) -> Array:
    powers: Array = np.exp(x - x.max(axis=axis, keepdims=True))
    powers /= powers.sum(axis=axis, keepdims=True)
    return powers


def _fourier(weights: Named, inputs: Named) -> Named:
    found = np.fft.rfft(inputs["x"])
    return {"real": found.real, "imaginary": found.imag}


def _attention(operator: operations.Attention) -> Apply:
    ahead = np.triu(np.ones((operator.queries, operator.keys), bool), 1)

    def apply(weights: Named, inputs: Named) -> Named:
        q, k, v = heads_first(operator, inputs)
        scores = (q * np.float32(operator.width**-0.5)) @ k.swapaxes(-1, -2)
        if operator.causal:
            scores[..., ahead] = -np.inf
        return {"output": _shares(scores, -1) @ v}

    return apply


def _scatter_add(weights: Named, inputs: Named) -> Named:
    sums = weights["table"].copy()
    np.add.at(sums, inputs["index"], inputs["updates"])
    return {"output": sums}


def _top_k(operator: operations.TopK) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        x = inputs["x"]
        return {"output": np.partition(x, x.shape[-1] - operator.k)[..., -operator.k :]}

    return apply


OPERATIONS: dict[type[Operator], Callable[[Any], Apply]] = {
    **common(np),
    operations.AdamStep: adam_step(np, np.ascontiguousarray),
    operations.Elementwise: elementwise(_FUNCTIONS),
    operations.Softmax: lambda operator: of_x(_shares, axis=operator.axis),
    operations.Fourier: lambda operator: _fourier,
    operations.Attention: _attention,
    operations.ScatterAdd: lambda operator: _scatter_add,
    operations.TopK: _top_k,
    operations.Copy: lambda operator: of_x(np.copy),
    operations.HostToDevice: lambda operator: of_x(np.copy),
    operations.RoundTrip: lambda operator: of_x(lambda x: x.copy().copy()),
}

MISSING: dict[type[Operator], str] = {
    operations.Backward: "it has no automatic differentiation",
}
"""Operators that it does without, each with the reason that a user reads."""

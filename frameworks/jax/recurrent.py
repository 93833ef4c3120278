"""Recurrent layers as scans over the sequence, all inputs projected beforehand in one product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from frameworks.jax.products import biased, by_rows
from frameworks.shared.functional import Apply, Lowering, Moved, Weights, plain, weighted
from suites import layers
from suites.layers import Layer, join
from suites.layers.recurrent import Recurrent

Cell = Callable[[Any, Any, Any, Any], tuple[Any, ...]]
"""The states after a place: of what each gate has of its input, with its bias; the states before;
the recurrent weight and its bias, which `_gru` alone needs: the others have both in one. The first
state is the result."""


def _lstm(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    h, c = states
    i, f, g, o = _sums(given, h @ weight)
    c = jax.nn.sigmoid(f) * c + jax.nn.sigmoid(i) * jnp.tanh(g)
    return jax.nn.sigmoid(o) * jnp.tanh(c), c


def _gru(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    (h,) = states
    of_r, of_z, of_n = given
    inner_r, inner_z, inner_n = jnp.split(h @ weight + bias, 3, axis=-1)
    r, z = jax.nn.sigmoid(of_r + inner_r), jax.nn.sigmoid(of_z + inner_z)
    return ((1 - z) * jnp.tanh(of_n + r * inner_n) + z * h,)


def _rnn(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    (only,) = given
    return (jnp.tanh(only + states[0] @ weight),)


def _sums(given: Any, inner: Any) -> list[Any]:
    """Of each gate, what it has of the input and of the state."""
    parts = jnp.split(inner, len(given), axis=-1)
    return [own + part for own, part in zip(given, parts, strict=True)]


def _through(cell: Cell, count: int) -> Callable[[Any, str], Apply]:
    """A layer by its cell with so many states."""

    def lower(layer: Recurrent, path: str) -> Apply:
        def one_way(weights: Weights, x: Any, ending: str) -> Any:
            names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
            weight, bias, inner, inner_bias = (weights[join(path, n + ending)] for n in names)
            if cell is not _gru:
                bias = bias + inner_bias
            inner = inner.T  # out of the loop, so that it is done once

            def step(states: Any, given: Any) -> tuple[Any, Any]:
                states = cell(given, states, inner, inner_bias)
                return states, states[0]

            begin = (jnp.zeros((x.shape[1], layer.width), x.dtype),) * count
            # An array for each gate: XLA's loop for the CPU takes 1.6 times as long where it
            # cuts a place and a gate out of one.
            given = tuple(jnp.split(biased(by_rows(x, weight), bias), layer.gates, axis=-1))
            reverse = ending.endswith("_reverse")
            return lax.scan(step, begin, given, reverse=reverse)[1]

        def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
            x = x.swapaxes(0, 1)  # [sequence, batch, width]
            for endings in layer.passes():
                ways = [one_way(weights, x, ending) for ending in endings]
                x = jnp.concatenate(ways, axis=-1)
            return x.swapaxes(0, 1)

        return apply

    return lower


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.LSTM: weighted(_through(_lstm, 2)),
    layers.GRU: weighted(_through(_gru, 1)),
    layers.RNN: weighted(_through(_rnn, 1)),
    layers.SequenceMean: plain(lambda x: x.mean(axis=1)),
}
"""How each kind of layer is lowered, by its exact class."""

"""Recurrent layers place by place, all inputs projected beforehand in one product."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from frameworks.numpy.elementwise import sigmoid
from suites.data.arrays import Array
from suites.layers.recurrent import Recurrent

Cell = Callable[[Array, tuple[Array, ...], Array, Array], tuple[Array, ...]]
"""The states after a place: of what the gates have of its input, with its bias; the states before;
the recurrent weight, transposed, and its bias, which `_gru` alone needs: the others have both in
one. The first state is the result."""


def _lstm(given: Array, states: tuple[Array, ...], weight: Array, bias: Array) -> tuple[Array, ...]:
    h, c = states
    width = c.shape[1]
    gates = h @ weight
    gates += given
    first, g, o = gates[:, : 2 * width], gates[:, 2 * width : 3 * width], gates[:, 3 * width :]
    i_f = sigmoid(first)
    c = i_f[:, width:] * c
    c += i_f[:, :width] * np.tanh(g)
    h = sigmoid(o)
    h *= np.tanh(c)
    return h, c


def _gru(given: Array, states: tuple[Array, ...], weight: Array, bias: Array) -> tuple[Array, ...]:
    (h,) = states
    width = h.shape[1]
    inner = h @ weight
    inner += bias
    r_z = sigmoid(given[:, : 2 * width] + inner[:, : 2 * width])
    r, z = r_z[:, :width], r_z[:, width:]
    n = np.tanh(given[:, 2 * width :] + r * inner[:, 2 * width :])
    return (n + z * (h - n),)


def _rnn(given: Array, states: tuple[Array, ...], weight: Array, bias: Array) -> tuple[Array, ...]:
    h: Array = states[0] @ weight
    h += given
    return (np.tanh(h, out=h),)


def _through(cell: Cell, count: int) -> Callable[..., Array]:
    """A layer by its cell with so many states."""

    def one_way(layer: Recurrent, x: Array, weights: dict[str, Any], ending: str) -> Array:
        names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
        weight, bias, inner, inner_bias = (weights[name + ending] for name in names)
        sequence, batch, inputs = x.shape
        given = x.reshape(-1, inputs) @ weight.T
        given += bias if cell is _gru else bias + inner_bias
        given = given.reshape(sequence, batch, -1)
        states = (np.zeros((batch, layer.width), np.float32),) * count
        results = np.empty((sequence, batch, layer.width), np.float32)
        for place in range(sequence)[:: -1 if ending.endswith("_reverse") else 1]:
            states = cell(given[place], states, inner.T, inner_bias)
            results[place] = states[0]
        return results

    def compute(layer: Recurrent, x: Array, **weights: Array) -> Array:
        x = np.ascontiguousarray(x.swapaxes(0, 1))  # [sequence, batch, width]
        for endings in layer.passes():
            x = np.concatenate([one_way(layer, x, weights, each) for each in endings], axis=-1)
        return x.swapaxes(0, 1)

    return compute


lstm, gru, rnn = _through(_lstm, 2), _through(_gru, 1), _through(_rnn, 1)

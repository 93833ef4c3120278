"""Recurrent layers place by place, as the framework's own do it: it has no kernel for a sequence.

The graph holds every place.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx

from frameworks.shared.functional import Apply, Lowering, Moved, Weights, plain, weighted
from suites import layers
from suites.layers import Layer, join
from suites.layers.recurrent import Recurrent

Cell = Callable[[Any, Any, Any, Any], tuple[Any, ...]]
"""The states after a place: of what the gates have of its input, with its bias; the states before
or, at the first place, None; the recurrent weight, transposed, and its bias, which `_gru` alone
needs: the others have both in one."""


def _lstm(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    gates = given if states is None else mx.addmm(given, states[0], weight)
    i, f, g, o = mx.split(gates, 4, axis=-1)
    c = mx.sigmoid(i) * mx.tanh(g)
    if states is not None:
        c = mx.sigmoid(f) * states[1] + c
    return mx.sigmoid(o) * mx.tanh(c), c


def _gru(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    inner = bias if states is None else mx.addmm(bias, states[0], weight)
    of_r, of_z, of_n = mx.split(given, 3, axis=-1)
    inner_r, inner_z, inner_n = mx.split(inner, 3, axis=-1)
    r, z = mx.sigmoid(of_r + inner_r), mx.sigmoid(of_z + inner_z)
    n = (1 - z) * mx.tanh(of_n + r * inner_n)
    return (n if states is None else n + z * states[0],)


def _rnn(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    return (mx.tanh(given if states is None else mx.addmm(given, states[0], weight)),)


def _through(cell: Cell) -> Callable[[Any, str], Apply]:
    """A layer by its cell."""

    def lower(layer: Recurrent, path: str) -> Apply:
        def one_way(weights: Weights, x: Any, ending: str) -> Any:
            names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
            weight, bias, inner, inner_bias = (weights[join(path, n + ending)] for n in names)
            if cell is not _gru:
                bias = bias + inner_bias
            given, states, results = mx.addmm(bias, x, weight.T), None, []
            backwards, inner = ending.endswith("_reverse"), inner.T
            for place in range(x.shape[1])[:: -1 if backwards else 1]:
                states = cell(given[:, place], states, inner, inner_bias)
                results.append(states[0])
            return mx.stack(results[::-1] if backwards else results, axis=1)

        def apply(weights: Weights, x: Any, moved: Moved | None) -> Any:
            for endings in layer.passes():
                ways = [one_way(weights, x, ending) for ending in endings]
                x = ways[0] if len(ways) == 1 else mx.concatenate(ways, axis=-1)
            return x

        return apply

    return lower


LOWERINGS: dict[type[Layer], Lowering] = {
    layers.LSTM: weighted(_through(_lstm)),
    layers.GRU: weighted(_through(_gru)),
    layers.RNN: weighted(_through(_rnn)),
    layers.SequenceMean: plain(lambda x: x.mean(axis=1)),
}
"""How each kind of layer is lowered, by its exact class."""

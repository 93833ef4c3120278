"""What recurrent layers compute, and what makes one row of a sequence."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
import numpy as np
from autograd.extend import defvjp_argnums, primitive

from suites import layers
from suites.layers import Layer
from suites.layers.recurrent import Recurrent
from suites.verification.reference.meanings import cells
from suites.verification.reference.meanings.arithmetic import Exact, Values
from suites.verification.reference.meanings.cells import Cell
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    apply_rows,
    averaged,
    mean_over,
    multiply,
    stored,
)
from suites.verification.reference.meanings.running import Meaning, Run


@dataclass
class Sweep:
    """A cell's way along a sequence, and what the way back needs of it, place by place."""

    cell: Cell
    backwards: bool
    arithmetic: Exact
    kept: list[Any] = field(default_factory=list)
    before: list[Values] = field(default_factory=list)
    """Results of the places before."""

    def forward(self, given: Values, weight: Values, bias: Values) -> Values:
        """All results [batch, sequence, width]."""
        places = self._along(given)
        begin = np.zeros((places.shape[1], weight.shape[1]), given.dtype)
        states, results = (begin,) * self.cell.states, []
        for place in places:
            self.before.append(states[0])
            inner = apply_rows(states[0], weight, self.arithmetic) + bias
            states, kept = self.cell.forward(place, inner, states, self.arithmetic)
            self.kept.append(kept)
            results.append(states[0])
        return self._back(results)

    def backward(self, gradient: Values, weight: Values) -> tuple[Values, Values, Values]:
        """Gradients for what `forward` took."""
        by = (np.zeros_like(self.before[0]),) * self.cell.states
        places = list(self._along(gradient))
        of_given, of_inner = [], []
        for place, kept in zip(places[::-1], self.kept[::-1], strict=True):
            given, inner, by = self.cell.backward((by[0] + place, *by[1:]), kept)
            by = (by[0] + multiply(inner, weight, self.arithmetic), *by[1:])
            of_given.append(given)
            of_inner.append(inner)
        rows, before = np.concatenate(of_inner[::-1]), np.concatenate(self.before)
        of_weight = multiply(rows.T, before, self.arithmetic)
        return self._back(of_given[::-1]), of_weight, self.arithmetic.total(rows)

    def _along(self, x: Values) -> Values:
        """Place by place in the order of the way."""
        places = x.swapaxes(0, 1)
        return places[::-1] if self.backwards else places

    def _back(self, places: Sequence[Values]) -> Values:
        return np.stack(places[::-1] if self.backwards else places, axis=1)


@primitive  # type: ignore[untyped-decorator]
def _swept(given: Values, weight: Values, bias: Values, sweep: Sweep) -> Values:
    return sweep.forward(given, weight, bias)


def _swept_back(argnums: Sequence[int], y: Values, args: Any, kwargs: Any) -> Any:
    def back(gradient: Values) -> tuple[Values, ...]:
        gradients = args[3].backward(gradient, args[1])
        return tuple(gradients[each] for each in argnums)

    return back


defvjp_argnums(_swept, _swept_back)


def _through(cell: Cell) -> Meaning:
    """The whole layer: level by level, and in each direction, with the cell."""

    def apply(run: Run, layer: Recurrent, x: Any, path: str) -> Any:
        for endings in layer.passes():
            ways = [_one_way(run, cell, x, path, ending) for ending in endings]
            x = anp.concatenate(ways, axis=-1)
        return x

    return apply


def _one_way(run: Run, cell: Cell, x: Any, path: str, ending: str) -> Any:
    names = ("weight_ih", "bias_ih", "weight_hh", "bias_hh")
    weight, bias, *inner = (run.weight(path, name + ending) for name in names)
    rows = apply_rows(anp.reshape(x, (-1, x.shape[-1])), weight, run.arithmetic)
    rows = stored(add_by_channel(rows, bias, -1, run.arithmetic), run.arithmetic)
    given = anp.reshape(rows, (*x.shape[:2], -1))
    return _swept(given, *inner, Sweep(cell, ending.endswith("_reverse"), run.arithmetic))


def _sequence_mean(run: Run, layer: layers.SequenceMean, x: Any, path: str) -> Any:
    return averaged(mean_over(x, 1)[:, 0], x.shape[1], run.arithmetic)


MEANINGS: dict[type[Layer], Meaning] = {
    layers.LSTM: _through(cells.LSTM),
    layers.GRU: _through(cells.GRU),
    layers.RNN: _through(cells.RNN),
    layers.SequenceMean: _sequence_mean,
}
"""What each kind of layer computes, by its exact class."""

"""The cells of recurrent layers: the states after a place, and the gradient back through it.

By hand, since `autograd` keeps account of every operation, of which a sequence has thousands. Tests
hold the gradients to differences.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from suites.verification.reference.meanings.arithmetic import Exact, Values

States = tuple[Values, ...]
"""What passes from place to place, each [batch, width]; the first is the layer's result."""


class Cell(NamedTuple):
    """Functions of `given`, what the gates have of the place's input, and `inner`, what they have
    of the state before: both [batch, gates x width]."""

    states: int
    forward: Callable[[Values, Values, States, Exact], tuple[States, Any]]
    """The states after the place, and what `backward` needs of it."""
    backward: Callable[[States, Any], tuple[Values, Values, States]]
    """Gradients for `given`, `inner` and the states before, by those for the states after."""


def _lstm(given: Values, inner: Values, states: States, exact: Exact) -> tuple[States, Any]:
    i, f, g, o = np.split(exact.stored(given + inner), 4, axis=1)
    i, f, o, g = _sigmoid(i, exact), _sigmoid(f, exact), _sigmoid(o, exact), _tanh(g, exact)
    c = exact.stored(f * states[1] + i * g)
    shown = _tanh(c, exact)
    return (exact.stored(o * shown), c), (i, f, g, o, states[1], shown)


def _lstm_back(by: States, kept: Any) -> tuple[Values, Values, States]:
    i, f, g, o, before, shown = kept
    of_c = by[1] + by[0] * o * (1 - shown**2)
    of_i, of_f, of_g = of_c * g * i * (1 - i), of_c * before * f * (1 - f), of_c * i * (1 - g**2)
    gates = np.concatenate([of_i, of_f, of_g, by[0] * shown * o * (1 - o)], axis=1)
    return gates, gates, (np.zeros_like(of_c), of_c * f)


def _gru(given: Values, inner: Values, states: States, exact: Exact) -> tuple[States, Any]:
    (h,) = states
    of_r, of_z, of_n = np.split(given, 3, axis=1)
    inner_r, inner_z, inner_n = np.split(exact.stored(inner), 3, axis=1)
    r, z = _sigmoid(of_r + inner_r, exact), _sigmoid(of_z + inner_z, exact)
    n = _tanh(of_n + r * inner_n, exact)
    return (exact.stored((1 - z) * n + z * h),), (r, z, n, inner_n, h)


def _gru_back(by: States, kept: Any) -> tuple[Values, Values, States]:
    r, z, n, inner_n, h = kept
    of_n = by[0] * (1 - z) * (1 - n**2)
    of_r, of_z = of_n * inner_n * r * (1 - r), by[0] * (h - n) * z * (1 - z)
    given = np.concatenate([of_r, of_z, of_n], axis=1)
    return given, np.concatenate([of_r, of_z, of_n * r], axis=1), (by[0] * z,)


def _rnn(given: Values, inner: Values, states: States, exact: Exact) -> tuple[States, Any]:
    h = exact.stored(_tanh(given + inner, exact))
    return (h,), h


def _rnn_back(by: States, kept: Any) -> tuple[Values, Values, States]:
    gates = by[0] * (1 - kept**2)
    return gates, gates, (np.zeros_like(gates),)


def _sigmoid(x: Values, exact: Exact) -> Values:
    return exact.computed(0.5 * (np.tanh(0.5 * x) + 1))


def _tanh(x: Values, exact: Exact) -> Values:
    return exact.computed(np.tanh(x))


LSTM = Cell(2, _lstm, _lstm_back)
GRU = Cell(1, _gru, _gru_back)
RNN = Cell(1, _rnn, _rnn_back)

"""Whether a step kept to its optimizer's rule, by the weights and what was kept before and after.

Each rule is held against the framework's own state: how much it rounds is known, and what it makes
of the model's gradients is looked at elsewhere.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from suites.workload import SGD, Optimizer, RMSprop, TwoMoments

Float64 = npt.NDArray[np.float64]

U = 2.0**-24
"""Roundoff of float32: weights and what optimizers keep are held in it."""

ALLOWED = 16
"""Roundings of the largest size, all in one direction, that one formula may show."""

TINY = float(np.finfo(np.float32).tiny)


def off(
    rule: Optimizer, rate: float, old: Sequence[Float64], new: Sequence[Float64], step: int
) -> Float64:
    """How far every element is off the formula, in multiples of its limit, after a step of that
    number and rate; old and new are the weight and what is kept of it."""
    with np.errstate(all="ignore"):  # what is not finite is infinitely far off
        match rule:
            case TwoMoments():
                found = _two_moments(rule, rate, old, new, step)
            case RMSprop():
                found = _square_average(rule, rate, old, new)
            case SGD():
                found = _momentum(rule, rate, old, new)
            case _:
                raise ValueError(f"no rule of {type(rule).__name__} is known")
    return np.where(np.isnan(found), np.inf, found)


def _two_moments(
    rule: TwoMoments, rate: float, old: Sequence[Float64], new: Sequence[Float64], step: int
) -> Float64:
    """A framework may work out 1 - beta^t in float32, which then is right to u / (1 - beta^t); and
    1 - beta as well, by which it multiplies the gradient."""
    (w0, m0, v0), (w1, m1, v1) = old, new
    g = (m1 - rule.beta1 * m0) / (1 - rule.beta1)
    g_error = U * (ALLOWED * np.maximum(np.abs(m1), np.abs(m0)) + np.abs(g)) / (1 - rule.beta1)
    v_expected = rule.beta2 * v0 + (1 - rule.beta2) * g * g
    v_error = (1 - rule.beta2) * (2 * np.abs(g) * g_error + g_error**2)
    v_error += ALLOWED * U * (v1 + g * g) + TINY
    correction = 1 - rule.beta2**step
    factors = rule.factors_at(rate, step, np)
    change = rule.change((m1, np.maximum(v1, 0)), factors, np)
    largest = np.maximum(np.abs(w0), np.abs(rule.moved(w0, 0.0, rate)))
    w_error = ALLOWED * U * (largest + np.abs(change) / correction)
    w_error += rate * ALLOWED * U / (1 - rule.beta1**step) + TINY
    w_off = np.abs(w1 - rule.moved(w0, change, rate)) / w_error
    return np.asarray(np.maximum(np.abs(v1 - v_expected) / v_error, w_off))


def _square_average(
    rule: RMSprop, rate: float, old: Sequence[Float64], new: Sequence[Float64]
) -> Float64:
    """The average shows the square of the gradient alone, so the change is told up to its sign,
    which the first step's gradient is held to. Of a square much smaller than the average only its
    rounding is seen, of which the root is taken: of two units in 16, a third of the limit."""
    (w0, v0), (w1, v1) = old, new
    square = (v1 - rule.alpha * v0) / (1 - rule.alpha)
    error = U * (ALLOWED * np.maximum(np.abs(v0), np.abs(v1)) + np.abs(square)) + TINY
    error /= 1 - rule.alpha
    least, most = (np.sqrt(np.maximum(square + sign * error, 0)) for sign in (-1, 1))
    size = np.sqrt(np.maximum(square, 0))
    scale = rate / (np.sqrt(np.maximum(v1, 0)) + rule.eps)
    w_error = scale * np.maximum(most - size, size - least)
    w_error += ALLOWED * U * (np.abs(w0) + scale * size) + TINY
    w_off = np.abs(np.abs(w0 - w1) - scale * size) / w_error
    return np.asarray(np.maximum(-square / error, w_off))


def _momentum(rule: SGD, rate: float, old: Sequence[Float64], new: Sequence[Float64]) -> Float64:
    (w0, v0), (w1, v1) = old, new
    change = rate * rule.direction(v1 - rule.momentum * v0, (v1,))
    largest = np.abs(w0) + np.abs(change) + rate * (np.abs(v0) + np.abs(v1))
    return np.asarray(np.abs(w1 - (w0 - change)) / (ALLOWED * U * largest + TINY))

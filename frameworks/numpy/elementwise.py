"""Activations that take NumPy more than one pass over their values; and softmax."""

from __future__ import annotations

import math

import numpy as np
from numpy.polynomial import Chebyshev, Polynomial

from suites.data.arrays import Array
from suites.layers import ELU, Softmax


def sigmoid(x: Array) -> Array:
    """(1 + tanh(x / 2)) / 2, which unlike the definition never overflows."""
    y = x * 0.5
    np.tanh(y, out=y)
    y += 1
    y *= 0.5
    return y


def softmax(layer: Softmax, x: Array) -> Array:
    y: Array = x - x.max(axis=layer.axis, keepdims=True)
    np.exp(y, out=y)
    y /= y.sum(axis=layer.axis, keepdims=True)
    return y


TAIL = 6.0
"""A normal distribution's share above it is 1e-9: nothing beside the x that it is taken from."""


def _logarithm() -> list[float]:
    """Coefficients, highest first, of log(Phi(-x)) + x^2 / 2 in s = 4 TAIL / (TAIL + x) - 3.

    NumPy has no erf, so the polynomial goes through values of `math.erfc` in Chebyshev's points. A
    reciprocal as its variable is Hastings' (Approximations for Digital Computers, 1955, part 2).
    Phi(-x) is then right to 5e-8 of itself for 0 <= x <= TAIL, before float32 rounds.
    """

    def exact(points: Array) -> Array:
        numbers = 4 * TAIL / (points + 3) - TAIL
        return np.array([math.log(math.erfc(x / math.sqrt(2)) / 2) + x * x / 2 for x in numbers])

    fitted = Chebyshev.interpolate(exact, deg=8).convert(kind=Polynomial)
    return [float(coefficient) for coefficient in fitted.coef[::-1]]


FIRST, *OTHERS = _logarithm()

BLOCK = 2**16
"""Values taken at a time, so that the many passes over them stay in a core's cache."""


def gelu(x: Array) -> Array:
    flat = x.reshape(-1)
    y = np.empty_like(flat)
    for begin in range(0, len(flat), BLOCK):
        block = slice(begin, begin + BLOCK)
        y[block] = _gelu_of(flat[block])
    return y.reshape(x.shape)


def _gelu_of(x: Array) -> Array:
    """max(x, 0) - |x| Phi(-|x|), which is x Phi(x)."""
    size = np.minimum(np.abs(x), TAIL)
    s = 4 * TAIL / (size + TAIL) - 3
    y = np.full_like(x, FIRST)
    for coefficient in OTHERS:
        y *= s
        y += coefficient
    y -= size * size * 0.5
    np.exp(y, out=y)
    y *= -size
    y += np.maximum(x, 0)
    return y


def tanh_gelu(x: Array) -> Array:
    y = x * x
    y *= 0.044715 * math.sqrt(2 / math.pi)
    y += math.sqrt(2 / math.pi)
    y *= x
    np.tanh(y, out=y)
    y += 1
    y *= x
    y *= 0.5
    return y


def elu(layer: ELU, x: Array) -> Array:
    y = np.expm1(np.minimum(x, 0))
    y *= layer.alpha
    y += np.maximum(x, 0)
    return y

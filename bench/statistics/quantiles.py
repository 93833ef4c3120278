"""Quantiles that intervals are made of: how far from the truth chance alone leads."""

from __future__ import annotations

import math
from fractions import Fraction
from functools import cache
from statistics import NormalDist

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]

ALPHA = 0.05
"""Intervals miss what they are of with this probability, unless told otherwise."""

NORMAL_95 = 1.96
"""Standard deviations to either side that hold 95 % of normal values."""

MOST_VALUES = 10_000
"""More than any run takes rounds."""

MANY_DEGREES = 500
"""Degrees of freedom from which Student's distribution is taken as normal."""


def intervals(values: Floats, alpha: float = ALPHA) -> tuple[Floats, Floats]:
    """Intervals of the medians of all rows of [cells, rounds]: ends [cells] and [cells].

    From order statistics, interpolated between two that bracket the confidence (Hettmansperger &
    Sheather, Statistics & Probability Letters 4, 1986), whatever the distribution.
    """
    rank, share = bracket(values.shape[1], alpha)
    ordered = np.sort(values, axis=1)
    low = (1 - share) * ordered[:, rank] + share * ordered[:, rank + 1]
    high = (1 - share) * ordered[:, -1 - rank] + share * ordered[:, -2 - rank]
    return low, high


@cache
def bracket(size: int, alpha: float = ALPHA) -> tuple[int, float]:
    """Index of the order statistic at the interval's outer side, and how far to go to the next.

    The median lies between the k-th smallest and the k-th largest of n values with probability
    1 - 2 P(B < k), B binomial (n, 1/2): no matter what the values are.
    """
    if size > MOST_VALUES:  # only a forged record holds so many: exactness would take minutes
        return int(size / 2 - NormalDist().inv_cdf(1 - alpha / 2) * size**0.5 / 2) - 1, 0.0
    tail, term, rank = 0, 1, 0
    # In whole numbers of 2^-n: exact for any number of rounds.
    limit = Fraction(alpha) / 2 * 2**size
    while rank < size // 2 and tail + term <= limit:
        tail, term, rank = tail + term, term * (size - rank) // (rank + 1), rank + 1
    if rank == 0:
        return 0, 0.0
    outer = 1 - 2 * float(Fraction(tail, 2**size))
    inner = 1 - 2 * float(Fraction(tail + term, 2**size))
    excess = (outer - 1 + alpha) / (outer - inner)
    return rank - 1, (size - rank) * excess / (rank + (size - 2 * rank) * excess)


def normal(tail: float) -> float:
    """Standard deviations beyond which a normal value lies with this probability."""
    return -NormalDist().inv_cdf(tail)


@cache
def student(tail: float, degrees: int) -> float:
    """The same of Student's t (1908), for a mean whose deviation is known by so many degrees of
    freedom only."""
    if degrees > MANY_DEGREES:
        return normal(tail)
    low, high = 0.0, 1.0
    while _beyond(high, degrees) > tail:
        low, high = high, 2 * high
    while high - low > 1e-9 * high:
        middle = (low + high) / 2
        low, high = (middle, high) if _beyond(middle, degrees) > tail else (low, middle)
    return high


def _beyond(t: float, degrees: int) -> float:
    """P(T > t), by the finite series for whole degrees of freedom (Abramowitz & Stegun 26.7)."""
    angle = math.atan2(t, math.sqrt(degrees))
    # Of large t the series loses its digits to the subtraction: the first term of the tail's own.
    if t > 1e4 * degrees:
        return _tail(t, degrees)
    sine, cosine = math.sin(angle), math.cos(angle)
    odd = degrees % 2
    term = cosine if odd else 1.0
    total = term if degrees > 1 else 0.0
    for step in range(2 + odd, degrees - 1, 2):
        term *= cosine**2 * (step - 1) / step
        total += term
    inside = (angle + sine * total) * 2 / math.pi if odd else sine * total
    return (1 - inside) / 2


def _tail(t: float, degrees: int) -> float:
    """P(T > t) of a t so large that its density is a power."""
    log_beta = math.lgamma(degrees / 2) + math.lgamma(0.5) - math.lgamma((degrees + 1) / 2)
    return math.exp((degrees / 2 - 1) * math.log(degrees) - degrees * math.log(t) - log_beta)


def digamma(x: float) -> float:
    """Derivative of log gamma: what the logarithm of a variance is expected to be is made of it."""
    total = 0.0
    while x < _ASYMPTOTIC:
        total, x = total - 1 / x, x + 1
    square = 1 / x**2
    return total + math.log(x) - 1 / (2 * x) - square * (1 / 12 - square * (1 / 120 - square / 252))


def trigamma(x: float) -> float:
    """Derivative of digamma: how the logarithm of a variance varies by chance."""
    total = 0.0
    while x < _ASYMPTOTIC:
        total, x = total + 1 / x**2, x + 1
    square = 1 / x**2
    return total + 1 / x + square / 2 + square / x * (1 / 6 - square * (1 / 30 - square / 42))


def inverse_trigamma(value: float) -> float:
    """The x above 0 whose trigamma is this value above 0, between 1e-3 and 1e6."""
    low, high = 1e-3, 1e6
    while high / low > 1 + 1e-9:
        middle = math.sqrt(low * high)
        low, high = (middle, high) if trigamma(middle) > value else (low, middle)
    return low


_ASYMPTOTIC = 8.0
"""From here on the series of Abramowitz & Stegun 6.3.18 and 6.4.12 are exact enough."""

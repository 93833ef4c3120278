"""The arithmetics a reference is solved in: exact; as an honest framework may round; and as the
smallest cheat worth finding would. The limit of a number stands between the last two.

An honest sum of k products may be built in order: each addition errs by half a unit of the last
place of what has been summed so far (Higham, SIAM J. Sci. Comput. 14(4), 1993). Which order a
framework takes is not known, so the error is drawn (Monte Carlo arithmetic: Parker, 1997).
"""

from __future__ import annotations

import functools
import math
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.data.arrays import rounded

Values = npt.NDArray[Any]

UNIT_ROUNDOFF = {"float32": 2.0**-24, "float16": 2.0**-11, "bfloat16": 2.0**-8}

UNIFORM = 0.41
"""Root mean square of a rounding's error in units of roundoff: errors and significands are spread
evenly, the one between -1 and 1, the other between 1 and 2."""

FUNCTION_UNITS = 4
"""Units of roundoff by which an exponential or a root may err: Metal's fast mathematics."""

SPARE_NORM = 1e-6
"""Some frameworks add this to the norm that they clip by, some nothing."""

KINK_UNITS = 32
"""How far from a kink, in units of roundoff of the layer's values, rounding may decide its side."""

POOL = 1_000_003
"""Errors drawn once and cut from anywhere: a prime, so that no two samples get the same."""

TF32_BITS = 11
"""Of a significand, the leading one included."""


class Exact:
    """Float64, nothing added."""

    dtype: Any = np.float64

    squares_first = False
    """Whether a variance is the mean of the squares less the square of the mean."""

    in_shares = False
    """Whether a running average is the sum of its share and the new value's, which rounded do not
    make up one: all elements err alike, and more than the average itself where it moves little."""

    spare_norm = 0.0
    """What is added to a norm before gradients are divided by it."""

    loss_scale = 1.0
    """What the loss is multiplied by before the backward pass, and gradients divided by after."""

    may_overflow = False
    """Whether a number came so near the largest one of its type that a step may be left out."""

    power_units = 0
    """By how many units of its last place, 2^-24, a power between a half and 1 is off."""

    exact_factors = False
    """Whether what corrects averages is worked out on the host, of numbers such as 0.999, where the
    averages are of their float32 ones: then one does not take back the error of the other."""

    def operand(self, x: Values) -> Values:
        """What a product takes of an array."""
        return x

    def summed(self, y: Values, length: int, a: Values, b: Values) -> Values:
        """A product of a and b, each element a sum of `length` products."""
        return y

    def averaged(self, y: Values, length: int) -> Values:
        """Means of `length` values of mostly one sign."""
        return y

    def squared(self, y: Values) -> Values:
        """A mean of squares from which the square of the mean is still to be taken."""
        return y

    def computed(self, y: Values) -> Values:
        """What a transcendental function gave."""
        return y

    def stored(self, y: Values) -> Values:
        """A layer's result, as it lies in memory."""
        return y

    def returned(self, g: Values) -> Values:
        """The gradient of such a result, or of a weight."""
        return g

    def total(self, rows: Values) -> Values:
        """Sums over all rows of [rows, columns]."""
        sums: Values = rows.sum(axis=0)
        return sums

    def between(self, x: Values, low: float, high: float) -> Values:
        """Where low < x < high: there x passes, and its gradient."""
        return (x > low) & (x < high)

    def largest(self, seen: Values) -> npt.NDArray[np.int64]:
        """Which value is taken from every window, the last axis of `seen`."""
        chosen: npt.NDArray[np.int64] = np.argmax(seen, axis=-1)
        return chosen


class Honest(Exact):
    """Float32 with the errors of sums built in any order drawn; results stored in `precision`.

    On which side of a kink values fall that lie within rounding of it is drawn too: of two draws
    that follow each other, from an even one on, one has each of them on the other side. And one
    works variances out without centring first, which loses more and is quicker.
    """

    dtype = np.float32

    def __init__(self, precision: str, draw: int) -> None:
        self._random, self._pool = np.random.default_rng([draw, 5]), _pool()
        self._sides, self._side = np.random.default_rng([draw // 2, 6]), 1 - 2 * (draw % 2)
        self._precision, self.squares_first = precision, draw % 2 == 1
        self.in_shares = not self.squares_first
        self.spare_norm = SPARE_NORM * (draw % 2)
        self.power_units, self.exact_factors = (0, 1, -1)[draw % 3], draw % 2 == 1

    def summed(self, y: Values, length: int, a: Values, b: Values) -> Values:
        terms = rms(a) * rms(b) * math.sqrt(length)
        return self._astray(y, math.sqrt(length / 2) * terms)

    def averaged(self, y: Values, length: int) -> Values:
        return self._astray(y, math.sqrt(length / 3) * rms(y))

    def squared(self, y: Values) -> Values:
        """Off by two units to either side, one for the other square: where values are nearly equal
        little else is left, and rounding that happens to be none tells nothing of others'."""
        units = np.float32(2 * UNIT_ROUNDOFF["float32"])
        return y * (1 + units * np.sign(self._errors(y.shape)))

    def computed(self, y: Values) -> Values:
        error = np.float32(FUNCTION_UNITS * UNIFORM * UNIT_ROUNDOFF["float32"])
        return y * (1 + error * self._errors(y.shape))

    def stored(self, y: Values) -> Values:
        return y if self._precision == "float32" else rounded(y, self._precision).astype(np.float32)

    def total(self, rows: Values) -> Values:
        """Row after row: so NumPy sums the first of several columns' axes."""
        if rows.shape[1] == 1:
            sums: Values = np.add.accumulate(rows, axis=0)[-1]
            return sums
        return super().total(np.ascontiguousarray(rows))

    def between(self, x: Values, low: float, high: float) -> Values:
        shift = self._shifts(x)
        return (x > low + shift) & (x < high - shift)

    def largest(self, seen: Values) -> npt.NDArray[np.int64]:
        """Of values within rounding of the largest one by chance, and of two another in the next
        draw: a shift by chance would leave most ties as they are in both."""
        finite = np.isfinite(seen)
        near = finite & (seen >= seen.max(axis=-1, keepdims=True) - self._reach(seen[finite]))
        order = _cut(_pool(), int(self._sides.integers(POOL)), seen.shape) * self._side
        return super().largest(np.where(near, order, -np.inf))

    def _shifts(self, x: Values) -> Values:
        """As far as rounding may reach, to a side taken by chance."""
        signs = _cut(_sides(), int(self._sides.integers(POOL)), x.shape)
        return signs * np.float32(self._side * self._reach(x))

    def _reach(self, x: Values) -> float:
        """Of training, which is done in float32. What passes a kink forward changes little by its
        side."""
        return KINK_UNITS * UNIT_ROUNDOFF["float32"] * rms(x)

    def _astray(self, y: Values, size: float) -> Values:
        """With errors, which go into y itself: every sum is an array of its own."""
        scale = np.float32(UNIFORM * UNIT_ROUNDOFF["float32"] * size)
        flat, begin = y.reshape(-1), int(self._random.integers(POOL))
        while flat.size:
            part = self._pool[begin : begin + flat.size]
            flat[: part.size] += scale * part
            flat, begin = flat[part.size :], 0
        return y

    def _errors(self, shape: tuple[int, ...]) -> Values:
        """Normal values of variance 1, of this shape."""
        return _cut(self._pool, int(self._random.integers(POOL)), shape)


class TensorFloat(Exact):
    """Float32 whose products take operands of 11 bits, as TF32 does: the smallest lie about
    precision. Those of bfloat16 have 8, those of float16 11 too."""

    dtype = np.float32

    def operand(self, x: Values) -> Values:
        return to_bits(x, TF32_BITS)


@functools.cache
def _pool() -> Values:
    return np.random.default_rng(0).standard_normal(POOL, dtype=np.float32)


@functools.cache
def _sides() -> Values:
    return np.sign(np.random.default_rng(1).standard_normal(POOL, dtype=np.float32))


def _cut(pool: Values, begin: int, shape: tuple[int, ...]) -> Values:
    """So many values from there on, round and round."""
    count = math.prod(shape)
    repeats = -(-(begin + count) // POOL)
    pool = pool if repeats == 1 else np.tile(pool, repeats)
    return pool[begin : begin + count].reshape(shape)


def to_bits(x: Values, bits: int) -> Values:
    """Float32 values rounded to so many bits of significand, to nearest, ties to even."""
    drop = 24 - bits
    kept = np.array(x, dtype=np.float32, order="K", ndmin=1)
    whole = kept.view(np.uint32)
    even = (whole >> np.uint32(drop)) & np.uint32(1)
    even += np.uint32((1 << (drop - 1)) - 1)
    whole += even
    whole &= np.uint32((0xFFFFFFFF << drop) & 0xFFFFFFFF)
    return kept.reshape(np.shape(x))


def rms(values: Values) -> float:
    """Root of the mean square; 0 of nothing."""
    flat = np.asarray(values).ravel(order="K")  # of a transposed array no copy
    if not flat.size:
        return 0.0
    square = float(np.dot(flat, flat)) if flat.dtype.kind == "f" else float(np.sum(flat**2))
    return math.sqrt(square / flat.size)

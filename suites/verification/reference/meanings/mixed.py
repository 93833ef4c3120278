"""The arithmetic of training in 16 bits as honest recipes do it: weights are kept in float32, what
passes through the model and back is held in 16 bits, sums are built in float32.

Recipes differ in which results stay wide between two operations. So every rounding is drawn
(stochastic rounding: up or down by chance, in proportion to the distance), with the variance of two
to nearest; and every other draw rounds what functions give besides.
"""

from __future__ import annotations

import numpy as np

from suites.verification.reference.meanings.arithmetic import Exact, Honest, Values
from suites.workload import LOSS_SCALE

DROPPED_BITS = {"bfloat16": 16, "float16": 13}
"""Of float32's significand."""

LEAST, MOST = 2.0**-14, 65504.0
"""Float16's smallest number with all its digits, and its largest."""

SPARE = 8
"""By how many times another recipe's largest number may be larger: one that has it beyond float16
leaves the step out."""


class Mixed(Honest):
    """Honest training in a 16-bit type with master weights of float32."""

    def __init__(self, precision: str, draw: int) -> None:
        super().__init__("float32", draw)
        self._kind = precision
        self.loss_scale = LOSS_SCALE if precision == "float16" else 1.0
        self.may_overflow = False
        self._rounds_functions = draw % 2 == 1
        self._drawn = np.random.default_rng([draw, 7])

    def operand(self, x: Values) -> Values:
        return self._held(x)

    def summed(self, y: Values, length: int, a: Values, b: Values) -> Values:
        return self._held(super().summed(y, length, a, b))

    def averaged(self, y: Values, length: int) -> Values:
        return self._held(super().averaged(y, length))

    def computed(self, y: Values) -> Values:
        y = super().computed(y)
        return self._held(y) if self._rounds_functions else y

    def stored(self, y: Values) -> Values:
        return self._held(y)

    def returned(self, g: Values) -> Values:
        return self._held(g)

    def between(self, x: Values, low: float, high: float) -> Values:
        """By the values as they are: their own rounding decides on which side of a kink they fall,
        and is far larger than float32's."""
        return Exact.between(self, x, low, high)

    def largest(self, seen: Values) -> Values:
        return Exact.largest(self, seen)

    def _held(self, x: Values) -> Values:
        if x.dtype.kind == "i":  # tokens
            return x
        wide = np.array(x, np.float32, order="C", ndmin=1)
        drop = DROPPED_BITS[self._kind]
        bits = wide.view(np.uint32)
        bits += self._drawn.integers(0, 1 << drop, bits.shape, np.uint32)
        bits &= np.uint32((0xFFFFFFFF << drop) & 0xFFFFFFFF)
        if self._kind == "float16":
            wide = self._in_range(wide, np.asarray(x, np.float32).reshape(wide.shape))
        return wide.reshape(np.shape(x))

    def _in_range(self, held: Values, x: Values) -> Values:
        """Numbers below float16's least lie on a grid of their own; beyond its largest are none."""
        small = np.abs(x) < LEAST
        grid = np.float32(LEAST * 2.0**-10)
        above = self._drawn.random(int(np.count_nonzero(small)), np.float32)
        held[small] = np.floor(x[small] / grid + above) * grid
        size = np.abs(held)
        # Of what is no number neither holds.
        self.may_overflow |= not np.max(size, initial=0.0) <= MOST / SPARE
        held[size > MOST] = np.inf
        return held

"""Layers that treat every element alone: activations, and what only training's noise would use."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from suites.layers.tree import Layer, Shape, ShapeError


@dataclass(frozen=True)
class Elementwise(Layer):
    """The shape stays, each element costs the same."""

    flop_per_element: ClassVar[int] = 1

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def flop(self, shape: Shape) -> int:
        return self.flop_per_element * math.prod(shape)


@dataclass(frozen=True)
class ReLU(Elementwise):
    """max(x, 0)."""


@dataclass(frozen=True)
class ReLU6(Elementwise):
    """min(max(x, 0), 6) (Howard et al., arXiv:1704.04861)."""

    flop_per_element: ClassVar[int] = 2


@dataclass(frozen=True)
class Sigmoid(Elementwise):
    """1 / (1 + exp(-x))."""

    flop_per_element: ClassVar[int] = 3


@dataclass(frozen=True)
class SiLU(Elementwise):
    """x * sigmoid(x) (Elfwing et al., arXiv:1702.03118)."""

    flop_per_element: ClassVar[int] = 4


@dataclass(frozen=True)
class GELU(Elementwise):
    """x * Phi(x) by the error function, not an approximation (Hendrycks, arXiv:1606.08415)."""

    flop_per_element: ClassVar[int] = 5


@dataclass(frozen=True)
class Tanh(Elementwise):
    """The hyperbolic tangent."""


@dataclass(frozen=True)
class Dropout(Elementwise):
    """The identity in every mode: frameworks draw other random numbers, so none is drawn.

    It keeps the place of the published model's layer, and its numbering.
    """

    rate: float = 0.5

    flop_per_element: ClassVar[int] = 0

    def output_shape(self, shape: Shape) -> Shape:
        if not 0 <= self.rate <= 1:
            kind = type(self).__name__
            raise ShapeError(f"{kind} expects a rate from 0 to 1. Received: {self.rate}")
        return shape


@dataclass(frozen=True)
class StochasticDepth(Dropout):
    """The identity in every mode, for the reason given at Dropout."""

    rate: float = 0.2

"""Layers that treat every element alone: activations."""

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
class LeakyReLU(Elementwise):
    """x above 0, slope * x below (Maas et al., 2013)."""

    slope: float = 0.01

    flop_per_element: ClassVar[int] = 2

    def output_shape(self, shape: Shape) -> Shape:
        if not 0 <= self.slope <= 1:
            raise ShapeError(f"LeakyReLU expects a slope from 0 to 1. Received: {self.slope}")
        return shape


@dataclass(frozen=True)
class ELU(Elementwise):
    """x above 0, alpha * (exp(x) - 1) below (Clevert et al., arXiv:1511.07289)."""

    alpha: float = 1.0

    flop_per_element: ClassVar[int] = 4

    def output_shape(self, shape: Shape) -> Shape:
        if not 0 <= self.alpha < math.inf:
            raise ShapeError(f"ELU expects alpha >= 0. Received: {self.alpha}")
        return shape


@dataclass(frozen=True)
class GELU(Elementwise):
    """x * Phi(x) (Hendrycks, arXiv:1606.08415): by the error function, or, with `tanh`, by that
    paper's 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3)))."""

    approximate: str = "none"

    flop_per_element: ClassVar[int] = 5

    def output_shape(self, shape: Shape) -> Shape:
        if self.approximate not in ("none", "tanh"):
            raise ShapeError(
                f"GELU expects approximate = none or tanh. Received: {self.approximate!r}"
            )
        return shape

    def flop(self, shape: Shape) -> int:
        return (self.flop_per_element if self.approximate == "none" else 9) * math.prod(shape)


@dataclass(frozen=True)
class Tanh(Elementwise):
    """The hyperbolic tangent."""

"""Layers over sequences [batch, sequence, width]: learned offsets, one token of all."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.tree import Layer, Parameter, Shape, ShapeError

OFFSET_BOUND = 0.02 * math.sqrt(3)
"""Devlin et al., arXiv:1810.04805, draw learned offsets with standard deviation 0.02."""


def sequence(layer: str, width: int, shape: Shape) -> Shape:
    """The shape. Raises ShapeError unless it is a sequence of this width."""
    if len(shape) != 3 or shape[-1] != width:
        raise ShapeError(f"{layer} expects [batch, sequence, {width}]. Received: {list(shape)}")
    return shape


@dataclass(frozen=True)
class Positions(Layer):
    """x + the first rows of a learned weight [length, width], one for each place."""

    length: int
    width: int

    def output_shape(self, shape: Shape) -> Shape:
        if sequence("Positions", self.width, shape)[1] > self.length:
            raise ShapeError(
                f"Positions expects at most {self.length} places. Received: {list(shape)}"
            )
        return shape

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.length, self.width), OFFSET_BOUND)}

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


@dataclass(frozen=True)
class Segment(Layer):
    """x + row 0 of a learned weight [segments, width]: all tokens are in the first segment."""

    segments: int
    width: int

    def output_shape(self, shape: Shape) -> Shape:
        return sequence("Segment", self.width, shape)

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.segments, self.width), OFFSET_BOUND)}

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


@dataclass(frozen=True)
class ClassToken(Layer):
    """[batch, sequence, width] becomes [batch, 1 + sequence, width]: a learned weight [width]
    stands first (Dosovitskiy et al., arXiv:2010.11929)."""

    width: int

    def output_shape(self, shape: Shape) -> Shape:
        batch, length, width = sequence("ClassToken", self.width, shape)
        return (batch, 1 + length, width)

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.width,), OFFSET_BOUND)}


@dataclass(frozen=True)
class FirstToken(Layer):
    """[batch, sequence, width] becomes [batch, width]: what stands at place 0."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ShapeError(
                f"FirstToken expects [batch, sequence, width]. Received: {list(shape)}"
            )
        return (shape[0], shape[2])


@dataclass(frozen=True)
class LastToken(Layer):
    """[batch, sequence, width] becomes [batch, width]: what stands at the last place."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ShapeError(f"LastToken expects [batch, sequence, width]. Received: {list(shape)}")
        return (shape[0], shape[2])

"""Layers over sequences [batch, sequence, width]: attention, learned offsets, the first token."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.tree import Layer, Parameter, Shape, ShapeError

OFFSET_BOUND = 0.02 * math.sqrt(3)
"""Devlin et al., arXiv:1810.04805, draw learned offsets with standard deviation 0.02."""


def _sequence(layer: str, width: int, shape: Shape) -> Shape:
    if len(shape) != 3 or shape[-1] != width:
        raise ShapeError(f"{layer} expects [batch, sequence, {width}]. Received: {list(shape)}")
    return shape


@dataclass(frozen=True)
class SelfAttention(Layer):
    """softmax(Q K^T / sqrt(width / heads)) V in every head, then a projection (arXiv:1706.03762).

    `in_weight` [3 x width, width] holds the rows of Q, K and V one after the other.
    """

    width: int
    heads: int

    def output_shape(self, shape: Shape) -> Shape:
        if self.heads < 1 or self.width % self.heads:
            raise ShapeError(
                f"SelfAttention expects heads that divide its width {self.width}. "
                f"Received: {self.heads} heads"
            )
        return _sequence("SelfAttention", self.width, shape)

    def parameters(self) -> dict[str, Parameter]:
        width = self.width
        inner = math.sqrt(6 / (width + 3 * width))  # Glorot and Bengio (2010), equation 16
        outer = 1 / math.sqrt(width)
        return {
            "in_weight": Parameter((3 * width, width), inner),
            "in_bias": Parameter((3 * width,), outer),
            "out_weight": Parameter((width, width), outer),
            "out_bias": Parameter((width,), outer),
        }

    def flop(self, shape: Shape) -> int:
        """Four projections with their biases, two products of heads, the softmax (5 each)."""
        batch, sequence, width = shape
        projections = batch * sequence * 4 * width * (2 * width + 1)
        products = 2 * 2 * batch * sequence * sequence * width
        return projections + products + 5 * batch * self.heads * sequence * sequence


@dataclass(frozen=True)
class Positions(Layer):
    """x + the first rows of a learned weight [length, width], one for each place."""

    length: int
    width: int

    def output_shape(self, shape: Shape) -> Shape:
        if _sequence("Positions", self.width, shape)[1] > self.length:
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
        return _sequence("Segment", self.width, shape)

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.segments, self.width), OFFSET_BOUND)}

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


@dataclass(frozen=True)
class FirstToken(Layer):
    """[batch, sequence, width] becomes [batch, width]: what stands at place 0."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ShapeError(
                f"FirstToken expects [batch, sequence, width]. Received: {list(shape)}"
            )
        return (shape[0], shape[2])

"""Dropout and stochastic depth: the identity, or active with masks that are handed in."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.elementwise import Elementwise
from suites.layers.tree import Layer, Shape, ShapeError, join, walk


@dataclass(frozen=True)
class Dropout(Elementwise):
    """The identity, unless `active`: then in training x * mask / (1 - rate), with a mask of zeros
    and ones that belongs to the batch, so that every framework drops the same values.

    Frameworks draw other random numbers, so none is drawn; in inference it is always the identity.
    """

    rate: float = 0.5
    active: bool = False

    def output_shape(self, shape: Shape) -> Shape:
        kind = type(self).__name__
        if not 0 <= self.rate <= 1:
            raise ShapeError(f"{kind} expects a rate from 0 to 1. Received: {self.rate}")
        if self.active and self.rate == 1:
            raise ShapeError(f"{kind} expects a rate below 1 where it is active. Received: 1")
        return shape

    @property
    def scale(self) -> float:
        """Of what is kept."""
        return 1 / (1 - self.rate)

    def mask_shape(self, shape: Shape) -> Shape:
        """A value for each of the input's."""
        return shape

    def flop(self, shape: Shape) -> int:
        """Of training; inference does none."""
        return 2 * math.prod(shape) if self.active else 0


@dataclass(frozen=True)
class StochasticDepth(Dropout):
    """The same of whole samples: a value of the mask for each (Huang et al., arXiv:1603.09382)."""

    rate: float = 0.2

    def mask_shape(self, shape: Shape) -> Shape:
        return (shape[0], *[1] * (len(shape) - 1))


MASK = "mask"
"""The name of a mask beside a layer's parameters."""


def masks(model: Layer, shape: Shape) -> dict[str, tuple[Shape, float]]:
    """By dotted path, the shape of each mask and the share of its values that are 0."""
    return {
        join(node.path, MASK): (node.layer.mask_shape(node.input), node.layer.rate)
        for node in walk(model, shape)
        if isinstance(node.layer, Dropout) and node.layer.active
    }

"""Layers that move values to other places and compute nothing: Reshape, Permute, PixelShuffle."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.tree import Layer, Shape, ShapeError


@dataclass(frozen=True)
class Reshape(Layer):
    """[batch, ...] becomes [batch, *shape], values in channels-first order; one size may be -1, for
    as many as are left."""

    shape: Shape

    def output_shape(self, shape: Shape) -> Shape:
        sizes = _whole_numbers("Reshape", "shape", self.shape)
        if any(size < 1 and size != -1 for size in sizes) or sizes.count(-1) > 1:
            raise ShapeError(
                f"Reshape expects sizes above 0, one of them -1 at most. Received: {list(sizes)}"
            )
        values, known = math.prod(shape[1:]), math.prod(size for size in sizes if size > 0)
        if values % known or (-1 not in sizes and values != known):
            raise ShapeError(
                f"Reshape expects as many values as {list(sizes)} holds in each sample. "
                f"Received: {list(shape)}"
            )
        return (shape[0], *(values // known if size == -1 else size for size in sizes))


@dataclass(frozen=True)
class Permute(Layer):
    """The axes in another order, the batch first: axis i of the result is axis `axes[i]` of what
    comes in."""

    axes: Shape

    def output_shape(self, shape: Shape) -> Shape:
        axes = _whole_numbers("Permute", "axes", self.axes)
        if axes[:1] != (0,) or sorted(axes) != list(range(len(shape))):
            raise ShapeError(
                f"Permute expects each of {len(shape)} axes once, the batch (0) first. "
                f"Received: {list(axes)} for {list(shape)}"
            )
        return tuple(shape[axis] for axis in axes)


@dataclass(frozen=True)
class PixelShuffle(Layer):
    """[batch, channels x factor^2, height, width] becomes [batch, channels, height x factor, width
    x factor] (Shi et al., arXiv:1609.05158): pixel (i, j) of a block is its channel's (i x factor +
    j)th."""

    factor: int

    def output_shape(self, shape: Shape) -> Shape:
        if self.factor < 1 or len(shape) != 4 or shape[1] % self.factor**2:
            raise ShapeError(
                f"PixelShuffle expects a factor above 0 and [batch, a multiple of its square, "
                f"height, width]. Received: factor {self.factor} for {list(shape)}"
            )
        batch, channels, height, width = shape
        factor = self.factor
        return (batch, channels // factor**2, height * factor, width * factor)


def _whole_numbers(layer: str, name: str, given: object) -> Shape:
    if not isinstance(given, tuple) or not all(type(each) is int for each in given):
        raise ShapeError(f"{layer} expects a tuple of whole numbers as {name}. Received: {given!r}")
    return given

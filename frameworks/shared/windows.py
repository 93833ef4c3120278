"""Where the windows of a convolution or pool lie, for frameworks that take them place by place.

Shapes are the description's: batch, channels, then the other axes (`described`). Standard library
and NumPy.
"""

from __future__ import annotations

import functools
from collections.abc import Iterator, Sequence
from typing import TypeVar

import numpy as np

from frameworks.shared.channels_last import IMAGE, depthwise
from suites.data.arrays import Array
from suites.layers import AvgPool, MaxPool, Shape
from suites.layers.convolution import Convolution
from suites.layers.windows import Window, spread

T = TypeVar("T")

Windowed = Convolution | MaxPool | AvgPool


def described(shape: Sequence[int]) -> Shape:
    """The description's shape of an image [batch, height, width, channels], or of one of more axes
    behind; any other shape is the description's."""
    if len(shape) < IMAGE:
        return tuple(shape)
    batch, *places, channels = shape
    return (batch, channels, *places)


def one_by_one(layer: Convolution) -> bool:
    """Whether every channel is convolved alone, into one: a sum of views, each times a factor."""
    return depthwise(layer) and layer.inputs == layer.outputs


def views(window: Window) -> Iterator[tuple[slice, ...]]:
    """Row by row, what each place of the kernel sees of the padded image: a slice of each axis."""
    for begins in np.ndindex(*window.kernel):
        each = zip(begins, window.dilation, window.stride, window.places, strict=True)
        yield tuple(
            slice(begin * dilation, begin * dilation + stride * (count - 1) + 1, stride)
            for begin, dilation, stride, count in each
        )


def sizes(layer: AvgPool, shape: Shape) -> Array:
    """How many values of the padded image each window holds: float32, an axis for each of the
    windows' own."""
    window = layer.window(shape)
    padding = spread(layer.padding, len(shape) - 2)
    along = zip(shape[2:], window.kernel, window.stride, padding, window.places, strict=True)
    held = [
        np.minimum(begins + kernel, size + edge) - begins
        for size, kernel, stride, edge, places in along
        for begins in (np.arange(places) * stride - edge,)
    ]
    return functools.reduce(np.multiply.outer, held).astype(np.float32)


def sizes_as_kept(layer: AvgPool, shape: Sequence[int]) -> Array:
    """The same along an array as it is kept, of this shape."""
    held = sizes(layer, described(shape))
    return held[..., None] if len(shape) >= IMAGE else held


def over_places(rank: int, places: Sequence[T], other: T) -> tuple[T, ...]:
    """One for each axis of an array as it is kept: `other` for its batch and channels."""
    return (other, *places, other) if rank >= IMAGE else (other, other, *places)

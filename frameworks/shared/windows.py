"""Where the windows of a convolution or pool lie, for frameworks that take them place by place.

Shapes are the description's: batch, channels, then the other axes (`described`). Standard library
and NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from frameworks.shared.channels_last import IMAGE, depthwise
from suites.data.arrays import Array
from suites.layers import AvgPool, MaxPool, Shape
from suites.layers.convolution import Convolution
from suites.layers.windows import Window

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
    """How many values of the padded image each window holds: float32 [rows, columns]."""
    rows, columns = (
        np.minimum(begins + layer.kernel, size + layer.padding) - begins
        for size, places in zip(shape[2:], layer.window(shape).places, strict=True)
        for begins in (np.arange(places) * layer.stride - layer.padding,)
    )
    return np.multiply.outer(rows, columns).astype(np.float32)

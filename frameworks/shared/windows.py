"""Where the windows of a convolution or pool lie, for frameworks that take them place by place.

Shapes are the description's: batch, channels, height, width (`described`). Standard library and
NumPy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from frameworks.shared.channels_last import depthwise
from suites.data.arrays import Array
from suites.layers import AvgPool, Conv2d, MaxPool, Shape

Windowed = Conv2d | MaxPool | AvgPool


def described(shape: Sequence[int]) -> Shape:
    """The description's shape of an image [batch, height, width, channels]."""
    batch, height, width, channels = shape
    return batch, channels, height, width


def one_by_one(layer: Conv2d) -> bool:
    """Whether every channel is convolved alone, into one: a sum of views, each times a factor."""
    return depthwise(layer) and layer.inputs == layer.outputs


def padding(layer: Windowed, shape: Shape) -> list[tuple[int, int]]:
    """Rows, then columns, before and behind the image, so that the last window fits as well."""
    behind = (
        (places - 1) * layer.stride + layer.kernel - size - layer.padding
        for size, places in zip(shape[2:], layer.output_shape(shape)[2:], strict=True)
    )
    return [(layer.padding, max(layer.padding, room)) for room in behind]


def views(layer: Windowed, shape: Shape) -> Iterator[tuple[slice, slice]]:
    """Row by row, what each place of the kernel sees of the padded image: rows and columns."""
    places = layer.output_shape(shape)[2:]
    for begins in np.ndindex(layer.kernel, layer.kernel):
        rows, columns = (
            slice(begin, begin + layer.stride * (count - 1) + 1, layer.stride)
            for begin, count in zip(begins, places, strict=True)
        )
        yield rows, columns


def sizes(layer: AvgPool, shape: Shape) -> Array:
    """How many values of the padded image each window holds: float32 [rows, columns]."""
    rows, columns = (
        np.minimum(begins + layer.kernel, size + layer.padding) - begins
        for size, places in zip(shape[2:], layer.output_shape(shape)[2:], strict=True)
        for begins in (np.arange(places) * layer.stride - layer.padding,)
    )
    return np.multiply.outer(rows, columns).astype(np.float32)

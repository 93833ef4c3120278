"""Where windows lie that move over all axes behind the channels: of convolutions and pools."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from suites.layers.tree import Shape, ShapeError

Sizes = int | tuple[int, ...]
"""A whole number for all axes behind the channels, or one for each."""

SAME = "same"
"""Padding under which a stride of s makes one result of every s places, the last ones too: as many
zeros as that takes, an odd one behind (ONNX calls it SAME_UPPER)."""

OR_SAME = ', both sides alike, or "same"'
"""What besides numbers padding may be."""


@dataclass(frozen=True)
class Window:
    """A number for each axis behind the channels."""

    kernel: Shape
    stride: Shape
    dilation: Shape
    """Places from one value of the kernel to the next."""
    edges: tuple[tuple[int, int], ...]
    """Places before and behind that windows see beyond the image."""
    places: Shape
    """How many windows there are."""

    @property
    def reach(self) -> Shape:
        """Places from the first to the last that a window sees."""
        pairs = zip(self.kernel, self.dilation, strict=True)
        return tuple((kernel - 1) * dilation + 1 for kernel, dilation in pairs)


def window(
    layer: str,
    shape: Shape,
    kernel: Sizes,
    stride: Sizes,
    padding: Sizes | str,
    dilation: Sizes = 1,
    *,
    ceil: bool = False,
) -> Window:
    """The windows over an input of `shape`; with `ceil` a last one may stand out over the edge.
    Raises ShapeError where the numbers are none, or no window fits."""
    axes = len(shape) - 2
    numbers = {"kernel": kernel, "stride": stride, "dilation": dilation}
    kernels, strides, dilations = (
        checked(layer, name, given, axes, 1) for name, given in numbers.items()
    )
    around: tuple[int | str, ...] = (
        (SAME,) * axes if padding == SAME else checked(layer, "padding", padding, axes, 0, OR_SAME)
    )
    each = zip(shape[2:], kernels, strides, around, dilations, strict=True)
    spans = [_along(layer, size, k, s, edge, d, ceil) for size, k, s, edge, d in each]
    edges, places = zip(*spans, strict=True)
    return Window(kernels, strides, dilations, edges, places)


def one_number(sizes: object) -> object:
    """Equal numbers for all axes as one, which then is the same description; else what is given."""
    if isinstance(sizes, tuple) and sizes and all(type(size) is int for size in sizes):
        return sizes[0] if len(set(sizes)) == 1 else sizes
    return sizes


def spread(sizes: Sizes, axes: int) -> Shape:
    """One number for each axis."""
    return sizes if isinstance(sizes, tuple) else (sizes,) * axes


def checked(layer: str, name: str, given: Any, axes: int, least: int, other: str = "") -> Shape:
    """One number for each axis. Raises ShapeError where there is none, or one is too small; it
    names what `other` there may be."""
    sizes = spread(given, axes)
    if len(sizes) != axes or not all(type(size) is int and size >= least for size in sizes):
        raise ShapeError(
            f"{layer} expects {name} >= {least}: a whole number, or a tuple with one for each of "
            f"{axes} axes{other}. Received: {given!r}"
        )
    return sizes


def _along(
    layer: str, size: int, kernel: int, stride: int, padding: int | str, dilation: int, ceil: bool
) -> tuple[tuple[int, int], int]:
    """Edges and places along one axis."""
    reach = (kernel - 1) * dilation + 1
    if isinstance(padding, str):
        places = -(-size // stride)
        missing = max((places - 1) * stride + reach - size, 0)
        return (missing // 2, missing - missing // 2), places
    room = size + 2 * padding - reach
    if room < 0:
        raise ShapeError(
            f"{layer} expects at least {reach - 2 * padding} places along each axis for a window "
            f"of {reach}. Received: {size}"
        )
    if not ceil:
        return (padding, padding), room // stride + 1
    places = -(-room // stride) + 1
    if (places - 1) * stride >= size + padding:
        places -= 1  # it would begin in the padding behind the image, and does not count
    behind = (places - 1) * stride + reach - size - padding
    return (padding, max(padding, behind)), places

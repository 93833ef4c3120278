"""For frameworks that keep channels last: which arrays change their axes, and how they get back.

Arrays are moved when they are placed, outside the step. NumPy only; adapters share it.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from suites.data.arrays import Array
from suites.layers import (
    ConvTranspose2d,
    Counts,
    CrossAttention,
    Dropout,
    Flatten,
    Layer,
    Linear,
    SelfAttention,
    Sequential,
    Shape,
    SwiGLU,
    join,
)
from suites.layers.convolution import Convolution
from suites.layers.elementwise import Elementwise
from suites.layers.recurrent import Recurrent

Axes = tuple[int, ...]

_MATRICES = (Linear, SelfAttention, CrossAttention, SwiGLU, Counts, Recurrent)
"""Layers whose weights of two axes are [outputs, inputs]."""

Element = tuple[str, Layer, Shape]
"""Path, layer, the shape it receives."""


IMAGE = 4
"""Axes from which on an array is an image, or a volume, whose channels lie last."""


PLANE = 2
"""Axes of places of an image; a sequence has one, a volume three."""


@dataclass(frozen=True)
class Relayout:
    """The array of shape `original`, seen as `split`, its axes put in the order `axes`, then seen
    as `joined`."""

    original: Shape
    split: Shape
    axes: tuple[int, ...]
    joined: Shape

    def place(self, array: Array) -> Array:
        """From the description's layout to the framework's."""
        moved = array.reshape(self.split).transpose(self.axes)
        return np.ascontiguousarray(moved).reshape(self.joined)

    def restore(self, array: Array) -> Array:
        """From the framework's layout to the description's."""
        laid = array.reshape(tuple(self.split[axis] for axis in self.axes))
        return laid.transpose(np.argsort(self.axes)).reshape(self.original)


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A result whose axes must be moved back on the host."""

    array: Any
    move: Relayout


@dataclass(frozen=True)
class Layout:
    """The moves of a model's weights by path, and the paths of Flattens that they make up for."""

    moves: Mapping[str, Relayout]
    absorbed: frozenset[str]

    def place(self, path: str, array: Array) -> Array:
        """A weight as the framework keeps it."""
        return self.moves[path].place(array) if path in self.moves else array

    def results(self, weights: Mapping[str, Any]) -> dict[str, Any]:
        """Weights, or arrays like them under `path|...`, with the moved ones marked."""
        return {
            name: LaidOut(array, self.moves[path]) if path in self.moves else array
            for name, array in weights.items()
            for path in (name.partition("|")[0],)
        }


def channels_last(
    model: Layer,
    shape: Shape,
    kernel_axes: Axes,
    depthwise_axes: Axes | None = None,
    *,
    transposed_axes: Axes | None = None,
    inputs_first: bool = False,
) -> Layout:
    """The layout of a model that computes on [batch, height, width, channels].

    `kernel_axes` is the order of a kernel's axes (outputs 0, inputs 1, height 2, width 3);
    `depthwise_axes`, where frameworks keep depthwise kernels in another way, that of theirs
    (inputs 0, outputs of each 1, height 2, width 3), and `transposed_axes` that of a transposed
    convolution (inputs 0, outputs 1, height 2, width 3). With `inputs_first` matrices are kept as
    [inputs, outputs]. A Linear that reads a flattened image has its columns reordered; any other
    Flatten must move the image.
    """
    moves: dict[str, Relayout] = {}
    absorbed: set[str] = set()
    for chain in _chains(model, "", shape):
        flattened: Element | None = None
        for path, layer, received in chain:
            if inputs_first and isinstance(layer, _MATRICES):
                moves |= _transposed(layer, path)
            if isinstance(layer, Convolution):
                moves[join(path, "weight")] = _kernel(layer, kernel_axes, depthwise_axes)
            if isinstance(layer, ConvTranspose2d):
                kernel, axes = layer.parameters()["weight"].shape, transposed_axes or kernel_axes
                moves[join(path, "weight")] = _moved(kernel, axes)
            if isinstance(layer, Flatten) and len(received) >= IMAGE:
                if _same_in_both(received):
                    absorbed.add(path)
                else:
                    flattened = path, layer, received
            elif flattened and isinstance(layer, Linear):
                moves[join(path, "weight")] = _columns(layer, flattened[2], inputs_first)
                absorbed.add(flattened[0])
                flattened = None
            elif not isinstance(layer, Elementwise) or _by_feature(layer, received):
                flattened = None
    return Layout(moves, frozenset(absorbed))


def image(array: Array) -> Array:
    """An input as the framework takes it: images [batch, height, width, channels]."""
    if array.ndim < IMAGE:
        return array
    return np.ascontiguousarray(array.transpose(last_order(array.ndim)))


def output(array: Any, shape: Shape) -> Any:
    """A model's output of the description's `shape`, marked if it is an image."""
    if len(shape) < IMAGE:
        return array
    axes = last_order(len(shape))
    return LaidOut(array, Relayout(shape, shape, axes, tuple(shape[axis] for axis in axes)))


def last_order(rank: int) -> Axes:
    """The description's axes in the order in which an image keeps them here."""
    return (0, *range(2, rank), 1)


def first_order(rank: int) -> Axes:
    """Where an image keeps each of the description's axes."""
    return (0, rank - 1, *range(1, rank - 1))


def stored_axis(axis: int, rank: int) -> int:
    """Where an array of the description's rank keeps an axis of it."""
    return first_order(rank)[axis] if rank >= IMAGE else axis % rank


def stored_order(axes: Axes) -> Axes:
    """The axes of an array as it is kept, in the order that gives the array as kept whose axes the
    description puts in the order `axes`."""
    rank = len(axes)
    if rank < IMAGE:
        return axes
    return tuple(first_order(rank)[axes[axis]] for axis in last_order(rank))


def depthwise(layer: Convolution) -> bool:
    """Whether every input channel is convolved alone."""
    return 1 < layer.groups == layer.inputs


def _kernel(layer: Convolution, axes: Axes, depthwise_axes: Axes | None) -> Relayout:
    original = layer.parameters()["weight"].shape
    if depthwise_axes and depthwise(layer) and layer.axes == PLANE:
        split = (layer.inputs, layer.outputs // layer.inputs, *original[2:])
        moved = tuple(split[axis] for axis in depthwise_axes)
        return Relayout(original, split, depthwise_axes, moved)
    return _moved(original, axes)


def _moved(kernel: Shape, axes: Axes) -> Relayout:
    """A kernel's axes in order; of one or three places, these stand where those of two would."""
    places = range(2, len(kernel))
    order = tuple(each for axis in axes if axis != 3 for each in (places if axis == 2 else (axis,)))
    return Relayout(kernel, kernel, order, tuple(kernel[axis] for axis in order))


def _by_feature(layer: Layer, shape: Shape) -> bool:
    """Whether it has numbers for single features, which lie in the description's order."""
    if not (isinstance(layer, Dropout) and layer.active):
        return False
    return math.prod(layer.mask_shape(shape)[1:]) > 1


def _same_in_both(image_shape: Shape) -> bool:
    """Whether an image has its values in the same order in both layouts."""
    _, channels, *places = image_shape
    return channels == 1 or math.prod(places) == 1


def _columns(layer: Linear, image_shape: Shape, inputs_first: bool) -> Relayout:
    split, flat = (layer.outputs, *image_shape[1:]), (layer.outputs, layer.inputs)
    axes = last_order(len(split))
    if inputs_first:
        return Relayout(flat, split, (*axes[1:], 0), (layer.inputs, layer.outputs))
    return Relayout(flat, split, axes, flat)


def _transposed(layer: Layer, path: str) -> dict[str, Relayout]:
    """Of a layer's matrices."""
    shapes = {name: one.shape for name, one in layer.parameters().items() if len(one.shape) == 2}
    return {
        join(path, name): Relayout(shape, shape, (1, 0), shape[::-1])
        for name, shape in shapes.items()
    }


def _chains(layer: Layer, path: str, shape: Shape) -> Iterator[list[Element]]:
    """Layers that each feed the next; the children of other composites are chains of their own."""
    chain: list[Element] = []
    pending: list[tuple[Layer, str, Shape]] = []
    _extend(chain, pending, layer, path, shape)
    yield chain
    for child, child_path, received in pending:
        yield from _chains(child, child_path, received)


def _extend(
    chain: list[Element],
    pending: list[tuple[Layer, str, Shape]],
    layer: Layer,
    path: str,
    shape: Shape,
) -> None:
    if isinstance(layer, Sequential):
        for name, child, received in layer.flow(shape):
            _extend(chain, pending, child, join(path, name), received)
        return
    chain.append((path, layer, shape))
    pending += [(child, join(path, name), received) for name, child, received in layer.flow(shape)]

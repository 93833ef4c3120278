"""Convolution, its transpose and max pooling in a given arithmetic, with their gradients:
`autograd` has none that is fast.

A convolution is one matrix product for each sample and group, over its windows as columns; where a
group has one channel, a sum over the window's places instead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

import numpy as np
import numpy.typing as npt
from autograd.extend import defvjp, primitive

from suites.layers import Shape
from suites.layers.windows import Window
from suites.verification.reference.meanings.arithmetic import Exact

Float64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@primitive  # type: ignore[untyped-decorator]
def convolve(
    x: Float64, weight: Float64, window: Window, groups: int, arithmetic: Exact
) -> Float64:
    """Cross-correlation of x [n, c, ...] with weight [o, c / groups, *kernel]."""
    x, weight = arithmetic.operand(x), arithmetic.operand(weight)
    y = _convolved(x, weight, window, groups)
    return arithmetic.summed(y, math.prod(weight.shape[1:]), x, weight)


@primitive  # type: ignore[untyped-decorator]
def transpose_convolve(
    x: Float64, weight: Float64, window: Window, sizes: Shape, arithmetic: Exact
) -> Float64:
    """What the convolution of an image of `sizes` with weight [c, o, *kernel] passes back to it of
    x [n, c, ...]: [n, o, *sizes]."""
    x, weight = arithmetic.operand(x), arithmetic.operand(weight)
    y = _passed_back(x, weight, window, 1, (len(x), weight.shape[1], *sizes))
    return arithmetic.summed(y, len(weight) * math.prod(window.kernel), x, weight)


def _convolved(x: Float64, weight: Float64, window: Window, groups: int) -> Float64:
    padded = _pad(x, window)
    y = np.zeros((len(x), len(weight), *window.places), x.dtype)
    if weight.shape[1] == 1:
        part = np.empty_like(y[0])
        for n in range(len(x)):
            for at in np.ndindex(window.kernel):
                seen = _repeated(_seen(padded[n], at, window), len(weight) // groups, len(at))
                y[n] += np.multiply(seen, _factors(weight, at), out=part)
        return y
    room = _room(x, weight, window)
    for n, (inside, outside) in _samples_and_groups(x, weight, groups):
        columns = _columns(padded[n, inside], window, room)
        flat = weight[outside].reshape(outside.stop - outside.start, -1)
        np.matmul(flat, columns, out=y[n, outside].reshape(len(flat), -1))
    return y


def _passed_back(g: Float64, weight: Float64, window: Window, groups: int, shape: Shape) -> Float64:
    """The gradient of an image of `shape` by that of its convolution."""
    sizes = [sum(edge) + size for edge, size in zip(window.edges, shape[2:], strict=True)]
    padded = np.zeros((*shape[:2], *sizes), g.dtype)
    if weight.shape[1] == 1:
        part = np.empty_like(g[0])
        for n in range(len(g)):
            for at in np.ndindex(window.kernel):
                np.multiply(g[n], _factors(weight, at), out=part)
                _seen(padded[n], at, window)[...] += _per_channel(part, groups)
    else:
        room = _room(g, weight, window)
        for n, (inside, outside) in _samples_and_groups(padded, weight, groups):
            flat = weight[outside].reshape(outside.stop - outside.start, -1)
            np.matmul(flat.T, g[n, outside].reshape(len(flat), -1), out=_flat(room))
            for at in np.ndindex(window.kernel):
                _seen(padded[n, inside], at, window)[...] += room[_at(at)]
    return np.ascontiguousarray(_within(padded, window, shape))


def _to_weight(g: Float64, x: Float64, window: Window, groups: int, shape: Shape) -> Float64:
    """The gradient of a weight of `shape` by that of the convolution of x with it."""
    padded, result = _pad(x, window), np.zeros(shape, x.dtype)
    if shape[1] == 1:
        places = "xyz"[: len(window.kernel)]
        by_output = f"no{places},no{places}->o"
        for at in np.ndindex(window.kernel):
            seen = _repeated(_seen(padded, at, window), shape[0] // groups, len(at))
            result[_at((0, *at))] = np.einsum(by_output, g, seen)
        return result
    room = _room(x, result, window)
    for n, (inside, outside) in _samples_and_groups(x, result, groups):
        columns = _columns(padded[n, inside], window, room)
        flat = g[n, outside].reshape(outside.stop - outside.start, -1)
        result[outside] += (flat @ columns.T).reshape(-1, *shape[1:])
    return result


def _convolve_to_x(
    y: Float64, x: Float64, weight: Float64, window: Window, groups: int, arithmetic: Exact
) -> Any:
    weight, shape = arithmetic.operand(weight), x.shape

    def gradient(g: Float64) -> Float64:
        g = arithmetic.operand(g)
        length = math.prod(window.kernel) * len(weight) // groups
        back = _passed_back(g, weight, window, groups, shape)
        return arithmetic.summed(back, length, g, weight)

    return gradient


def _convolve_to_weight(
    y: Float64, x: Float64, weight: Float64, window: Window, groups: int, arithmetic: Exact
) -> Any:
    x, shape = arithmetic.operand(x), weight.shape

    def gradient(g: Float64) -> Float64:
        g = arithmetic.operand(g)
        made = _to_weight(g, x, window, groups, shape)
        return arithmetic.summed(made, g.size // g.shape[1], g, x)

    return gradient


def _transpose_to_weight(
    y: Float64, x: Float64, weight: Float64, window: Window, sizes: Shape, arithmetic: Exact
) -> Any:
    x, shape = arithmetic.operand(x), weight.shape

    def gradient(g: Float64) -> Float64:
        g = arithmetic.operand(g)
        made = _to_weight(x, g, window, 1, shape)
        return arithmetic.summed(made, x.size // x.shape[1], g, x)

    return gradient


defvjp(convolve, _convolve_to_x, _convolve_to_weight, argnums=(0, 1))
defvjp(
    transpose_convolve,
    lambda y, x, weight, window, sizes, arithmetic: (
        lambda g: convolve(g, weight, window, 1, arithmetic)
    ),
    _transpose_to_weight,
    argnums=(0, 1),
)


def windows(x: Float64, window: Window) -> Float64:
    """The windows of x as [n, c, ..., k]; outside the image all is -infinity."""
    padded = _pad(x, window, -np.inf)
    return np.stack([_seen(padded, at, window) for at in np.ndindex(window.kernel)], axis=-1)


@primitive  # type: ignore[untyped-decorator]
def pick(x: Float64, chosen: Index, window: Window) -> Float64:
    """The chosen element (row-major within its places) of every window of x."""
    padded, result = _pad(x, window, -np.inf), np.empty(chosen.shape, x.dtype)
    for number, at in enumerate(np.ndindex(window.kernel)):
        np.copyto(result, _seen(padded, at, window), where=chosen == number)
    return result


def _pick_to_x(y: Float64, x: Float64, chosen: Index, window: Window) -> Any:
    shape = x.shape

    def gradient(g: Float64) -> Float64:
        sizes = [sum(edge) + size for edge, size in zip(window.edges, shape[2:], strict=True)]
        padded = np.zeros((*shape[:2], *sizes), g.dtype)
        for number, at in enumerate(np.ndindex(window.kernel)):
            _seen(padded, at, window)[...] += g * (chosen == number)
        return _within(padded, window, shape)

    return gradient


defvjp(pick, _pick_to_x, argnums=(0,))


def _pad(x: Float64, window: Window, fill: float = 0.0) -> Float64:
    if not any(map(any, window.edges)):
        return x
    return np.pad(x, ((0, 0), (0, 0), *window.edges), constant_values=fill)


def _within(padded: Float64, window: Window, shape: Shape) -> Float64:
    """Without its edges."""
    pairs = zip(window.edges, shape[2:], strict=True)
    inside: Float64 = padded[
        (slice(None), slice(None), *(slice(edge[0], edge[0] + size) for edge, size in pairs))
    ]
    return inside


def _seen(x: Float64, at: Shape, window: Window) -> Float64:
    """What one place of the kernel sees as it moves over the last axes: a view."""
    each = zip(at, window.dilation, window.stride, window.places, strict=True)
    spans: Any = [
        slice(place * dilation, place * dilation + stride * (count - 1) + 1, stride)
        for place, dilation, stride, count in each
    ]
    view: Float64 = x[(..., *spans)]
    return view


def _factors(weight: Float64, at: Shape) -> Float64:
    """One place of kernels of one channel, along the outputs of a sample."""
    factors: Float64 = weight[_at((0, *at))]
    return factors.reshape(-1, *[1] * len(at))


def _at(place: Shape) -> Any:
    """Of every channel what stands at this place."""
    return (slice(None), *place)


def _room(x: Float64, weight: Float64, window: Window) -> Float64:
    """For the windows of one sample and group, used again for the next: to be given fresh memory
    takes longer than to fill it."""
    return np.empty((*weight.shape[1:], *window.places), x.dtype)


def _flat(room: Float64) -> Float64:
    """The windows in it as columns: it has an axis for the channels, two for each of places."""
    return room.reshape(math.prod(room.shape[: (room.ndim + 1) // 2]), -1)


def _columns(x: Float64, window: Window, room: Float64) -> Float64:
    """The windows of one sample [c, ...] as the columns of [c * kernel, places]."""
    if math.prod(window.kernel) == math.prod(window.stride) == 1:
        return x.reshape(len(x), -1)
    for at in np.ndindex(window.kernel):
        room[_at(at)] = _seen(x, at, window)
    return _flat(room)


def _repeated(seen: Float64, times: int, axes: int) -> Float64:
    """Channels, before the last `axes`, repeated for every output that reads them."""
    return seen if times == 1 else np.repeat(seen, times, axis=-1 - axes)


def _per_channel(x: Float64, groups: int) -> Float64:
    """Sums over the outputs [o, ...] that share an input channel."""
    outputs, *places = x.shape
    if outputs == groups:
        return x
    sums: Float64 = x.reshape(groups, outputs // groups, *places).sum(axis=1)
    return sums


def _samples_and_groups(
    x: Float64, weight: Float64, groups: int
) -> Iterator[tuple[int, tuple[slice, slice]]]:
    inputs, outputs = x.shape[1] // groups, len(weight) // groups
    for n in range(len(x)):
        for group in range(groups):
            inside = slice(group * inputs, (group + 1) * inputs)
            yield n, (inside, slice(group * outputs, (group + 1) * outputs))

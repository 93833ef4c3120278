"""Convolution and max pooling in a given arithmetic, with their gradients: `autograd` has none that
is fast.

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

from suites.verification.reference.meanings.arithmetic import Exact

Float64 = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]


@primitive  # type: ignore[untyped-decorator]
def convolve(
    x: Float64, weight: Float64, stride: int, padding: int, groups: int, arithmetic: Exact
) -> Float64:
    """Cross-correlation of x [n, c, h, w] with weight [o, c / groups, k, k]."""
    x, weight = arithmetic.operand(x), arithmetic.operand(weight)
    y = _convolved(x, weight, stride, padding, groups)
    return arithmetic.summed(y, math.prod(weight.shape[1:]), x, weight)


def _convolved(x: Float64, weight: Float64, stride: int, padding: int, groups: int) -> Float64:
    kernel, padded = weight.shape[-1], _pad(x, padding)
    places = tuple((size - kernel) // stride + 1 for size in padded.shape[2:])
    y = np.zeros((len(x), len(weight), *places), x.dtype)
    if weight.shape[1] == 1:
        part = np.empty_like(y[0])
        for n, i, j in np.ndindex(len(x), kernel, kernel):
            seen = _spread(_seen(padded[n], i, j, stride, places), len(weight) // groups)
            y[n] += np.multiply(seen, weight[:, 0, i, j, None, None], out=part)
        return y
    room = _room(x, weight, places)
    for n, (inside, outside) in _samples_and_groups(x, weight, groups):
        columns = _columns(padded[n, inside], kernel, stride, room)
        flat = weight[outside].reshape(outside.stop - outside.start, -1)
        np.matmul(flat, columns, out=y[n, outside].reshape(len(flat), -1))
    return y


def _convolve_to_x(
    y: Float64,
    x: Float64,
    weight: Float64,
    stride: int,
    padding: int,
    groups: int,
    arithmetic: Exact,
) -> Any:
    kernel, shape, places = weight.shape[-1], _pad(x, padding).shape, y.shape[2:]
    weight = arithmetic.operand(weight)

    def gradient(g: Float64) -> Float64:
        g = arithmetic.operand(g)
        padded = np.zeros(shape, x.dtype)
        if weight.shape[1] == 1:
            part = np.empty_like(g[0])
            for n, i, j in np.ndindex(len(x), kernel, kernel):
                np.multiply(g[n], weight[:, 0, i, j, None, None], out=part)
                _seen(padded[n], i, j, stride, places)[...] += _per_channel(part, groups)
        else:
            room = _room(x, weight, places)
            for n, (inside, outside) in _samples_and_groups(x, weight, groups):
                flat = weight[outside].reshape(outside.stop - outside.start, -1)
                np.matmul(flat.T, g[n, outside].reshape(len(flat), -1), out=_flat(room))
                for i, j in np.ndindex(kernel, kernel):
                    _seen(padded[n, inside], i, j, stride, places)[...] += room[:, i, j]
        cut = padded[:, :, padding : shape[2] - padding, padding : shape[3] - padding]
        length = kernel * kernel * len(weight) // groups
        return arithmetic.summed(np.ascontiguousarray(cut), length, g, weight)

    return gradient


def _convolve_to_weight(
    y: Float64,
    x: Float64,
    weight: Float64,
    stride: int,
    padding: int,
    groups: int,
    arithmetic: Exact,
) -> Any:
    kernel, places = weight.shape[-1], y.shape[2:]
    x = arithmetic.operand(x)

    def gradient(g: Float64) -> Float64:
        g = arithmetic.operand(g)
        return arithmetic.summed(to_weight(g), g.size // g.shape[1], g, x)

    def to_weight(g: Float64) -> Float64:
        padded, result = _pad(x, padding), np.zeros(weight.shape, weight.dtype)
        if weight.shape[1] == 1:
            for i, j in np.ndindex(kernel, kernel):
                seen = _spread(_seen(padded, i, j, stride, places), len(weight) // groups)
                result[:, 0, i, j] = np.einsum("nohw,nohw->o", g, seen)
            return result
        room = _room(x, weight, places)
        for n, (inside, outside) in _samples_and_groups(x, weight, groups):
            columns = _columns(padded[n, inside], kernel, stride, room)
            flat = g[n, outside].reshape(outside.stop - outside.start, -1)
            result[outside] += (flat @ columns.T).reshape(-1, *weight.shape[1:])
        return result

    return gradient


defvjp(convolve, _convolve_to_x, _convolve_to_weight, argnums=(0, 1))


def windows(x: Float64, kernel: int, stride: int, padding: int, places: tuple[int, ...]) -> Float64:
    """The windows of x as [n, c, rows, columns, k * k]; outside the image all is -infinity."""
    padded = _surrounded(x, kernel, stride, padding, places)
    parts = [_seen(padded, i, j, stride, places) for i, j in np.ndindex(kernel, kernel)]
    return np.stack(parts, axis=-1)


@primitive  # type: ignore[untyped-decorator]
def pick(x: Float64, chosen: Index, kernel: int, stride: int, padding: int) -> Float64:
    """The chosen element (row-major within the k x k window) of every window of x."""
    places = chosen.shape[2:]
    padded, result = (
        _surrounded(x, kernel, stride, padding, places),
        np.empty(chosen.shape, x.dtype),
    )
    for number, (i, j) in enumerate(np.ndindex(kernel, kernel)):
        np.copyto(result, _seen(padded, i, j, stride, places), where=chosen == number)
    return result


def _pick_to_x(
    y: Float64, x: Float64, chosen: Index, kernel: int, stride: int, padding: int
) -> Any:
    def gradient(g: Float64) -> Float64:
        places = chosen.shape[2:]
        sizes = [
            padding + max(size, (count - 1) * stride + kernel)
            for size, count in zip(x.shape[2:], places, strict=True)
        ]
        padded = np.zeros((*x.shape[:2], *sizes), x.dtype)
        for number, (i, j) in enumerate(np.ndindex(kernel, kernel)):
            _seen(padded, i, j, stride, places)[...] += g * (chosen == number)
        return padded[:, :, padding : padding + x.shape[2], padding : padding + x.shape[3]]

    return gradient


defvjp(pick, _pick_to_x, argnums=(0,))


def _surrounded(
    x: Float64, kernel: int, stride: int, padding: int, places: tuple[int, ...]
) -> Float64:
    """x with -infinity around it, as far as its windows reach."""
    over = tuple(
        (padding, max(0, (count - 1) * stride + kernel - size - padding))
        for size, count in zip(x.shape[2:], places, strict=True)
    )
    return np.pad(x, ((0, 0), (0, 0), *over), constant_values=-np.inf)


def _pad(x: Float64, padding: int) -> Float64:
    return np.pad(x, ((0, 0), (0, 0), (padding, padding), (padding, padding))) if padding else x


def _seen(x: Float64, i: int, j: int, stride: int, places: tuple[int, ...]) -> Float64:
    """What place (i, j) of the window sees as it moves over the last two axes: a view."""
    rows, columns = (
        slice(begin, begin + stride * (count - 1) + 1, stride)
        for begin, count in zip((i, j), places, strict=True)
    )
    view: Float64 = x[..., rows, columns]
    return view


def _room(x: Float64, weight: Float64, places: tuple[int, ...]) -> Float64:
    """For the windows of one sample and group, used again for the next: to be given fresh memory
    takes longer than to fill it."""
    return np.empty((*weight.shape[1:], *places), x.dtype)


def _flat(room: Float64) -> Float64:
    """The windows in it as columns."""
    return room.reshape(math.prod(room.shape[:3]), -1)


def _columns(x: Float64, kernel: int, stride: int, room: Float64) -> Float64:
    """The windows of one sample [c, h, w] as the columns of [c * k * k, rows * columns]."""
    if kernel == 1 and stride == 1:
        return x.reshape(len(x), -1)
    for i, j in np.ndindex(kernel, kernel):
        room[:, i, j] = _seen(x, i, j, stride, room.shape[3:])
    return _flat(room)


def _spread(seen: Float64, times: int) -> Float64:
    """Channels, before the last two axes, repeated for every output that reads them."""
    return seen if times == 1 else np.repeat(seen, times, axis=-3)


def _per_channel(x: Float64, groups: int) -> Float64:
    """Sums over the outputs [o, h, w] that share an input channel."""
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

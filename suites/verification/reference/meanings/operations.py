"""Products and sums by channel in a given arithmetic, with their gradients: `autograd`'s say
nothing of how long their sums are."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt
from autograd.extend import defvjp, primitive

from suites.verification.reference.meanings.arithmetic import Exact

Float64 = npt.NDArray[np.float64]


@primitive  # type: ignore[untyped-decorator]
def multiply(a: Float64, b: Float64, arithmetic: Exact) -> Float64:
    """a @ b over the last two axes: [..., m, k] and [..., k, n] with the same axes before."""
    a, b = arithmetic.operand(a), arithmetic.operand(b)
    return arithmetic.summed(a @ b, a.shape[-1], a, b)


defvjp(
    multiply,
    lambda y, a, b, arithmetic: lambda g: multiply(g, np.swapaxes(b, -1, -2), arithmetic),
    lambda y, a, b, arithmetic: lambda g: multiply(np.swapaxes(a, -1, -2), g, arithmetic),
    argnums=(0, 1),
)


@primitive  # type: ignore[untyped-decorator]
def apply_rows(a: Float64, b: Float64, arithmetic: Exact) -> Float64:
    """a @ b.T: [m, k] and [n, k]. The gradient of b then lies as b does, where it is large."""
    a, b = arithmetic.operand(a), arithmetic.operand(b)
    return arithmetic.summed(a @ b.T, a.shape[-1], a, b)


defvjp(
    apply_rows,
    lambda y, a, b, arithmetic: lambda g: multiply(g, b, arithmetic),
    lambda y, a, b, arithmetic: lambda g: multiply(g.T, a, arithmetic),
    argnums=(0, 1),
)


@primitive  # type: ignore[untyped-decorator]
def sum_by_channel(x: Float64, axis: int, arithmetic: Exact) -> Float64:
    """Sums over all axes but this one."""
    return arithmetic.total(np.moveaxis(x, axis, -1).reshape(-1, x.shape[axis]))


defvjp(
    sum_by_channel,
    lambda y, x, axis, arithmetic: lambda g: np.broadcast_to(_along(g, x, axis), x.shape),
    argnums=(0,),
)


@primitive  # type: ignore[untyped-decorator]
def add_by_channel(x: Float64, values: Float64, axis: int, arithmetic: Exact) -> Float64:
    """x plus a value for each place of this axis."""
    return x + _along(values, x, axis)


defvjp(
    add_by_channel,
    lambda y, x, values, axis, arithmetic: lambda g: g,
    lambda y, x, values, axis, arithmetic: lambda g: sum_by_channel(g, axis, arithmetic),
    argnums=(0, 1),
)


@primitive  # type: ignore[untyped-decorator]
def scale_by_channel(x: Float64, values: Float64, axis: int, arithmetic: Exact) -> Float64:
    """x times a value for each place of this axis."""
    return x * _along(values, x, axis)


defvjp(
    scale_by_channel,
    lambda y, x, values, axis, arithmetic: lambda g: g * _along(values, x, axis),
    lambda y, x, values, axis, arithmetic: lambda g: sum_by_channel(g * x, axis, arithmetic),
    argnums=(0, 1),
)


@primitive  # type: ignore[untyped-decorator]
def computed(y: Float64, arithmetic: Exact) -> Float64:
    """What a transcendental function gave, with its error."""
    return arithmetic.computed(y)


@primitive  # type: ignore[untyped-decorator]
def averaged(y: Float64, length: int, arithmetic: Exact) -> Float64:
    """Means of so many values, with their error."""
    return arithmetic.averaged(y, length)


@primitive  # type: ignore[untyped-decorator]
def stored(y: Float64, arithmetic: Exact) -> Float64:
    """A layer's result as it lies in memory."""
    return arithmetic.stored(y)


@primitive  # type: ignore[untyped-decorator]
def apart(y: Float64, arithmetic: Exact) -> Float64:
    """What lies nowhere itself, though its gradient may: the sum that a softmax divides by."""
    return y


defvjp(computed, lambda y, x, arithmetic: lambda g: g, argnums=(0,))
defvjp(averaged, lambda y, x, length, arithmetic: lambda g: g, argnums=(0,))
defvjp(stored, lambda y, x, arithmetic: arithmetic.returned, argnums=(0,))
defvjp(apart, lambda y, x, arithmetic: arithmetic.returned, argnums=(0,))


def _along(values: Float64, x: Float64, axis: int) -> Float64:
    """One value for each place of that axis, in the shape that goes along with x."""
    return values.reshape((-1,) + (1,) * (x.ndim - 1 - axis % x.ndim))


def mean_over(x: Any, axis: int | tuple[int, ...]) -> Any:
    """Means, the axes kept. Not `autograd`'s: the gradient of that is float64 whatever x is."""
    sums = anp.sum(x, axis=axis, keepdims=True)
    return sums / (math.prod(x.shape) // math.prod(sums.shape))


def largest_along(x: Any, axis: int = -1) -> Any:
    """Along an axis, as constants: what they are taken for cancels, and their gradient."""
    return getattr(x, "_value", x).max(axis=axis, keepdims=True)

"""Layers over sequences, images and volumes [batch, channels, ...]: normalisation, pooling,
enlarging."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.dense import AFFINE_BOUND
from suites.layers.tree import Layer, Parameter, Shape, ShapeError
from suites.layers.windows import Sizes, Window, checked, one_number, window

_LINES = {1: "linear", 2: "bilinear", 3: "trilinear"}
"""What frameworks call lines along so many axes."""


def _places(layer: str, shape: Shape) -> Shape:
    """The axes behind the channels, one to three."""
    if not 3 <= len(shape) <= 5:
        raise ShapeError(
            f"{layer} expects [batch, channels, length], [batch, channels, height, width] or "
            f"[batch, channels, depth, height, width]. Received: {list(shape)}"
        )
    return shape[2:]


def _require_channels(layer: str, shape: Shape, channels: int, least: int = 2) -> None:
    if len(shape) < least or shape[1] != channels:
        places = ", ..." if least == 2 else ", length, ..."
        raise ShapeError(f"{layer} expects [batch, {channels}{places}]. Received: {list(shape)}")


@dataclass(frozen=True)
class BatchNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias over [batch, channels, ...], for every
    channel (arXiv:1502.03167).

    Training takes mean and variance from the batch (variance divided by n) and moves the running
    averages: r <- r + momentum x (batch's - r), with the variance divided by n - 1. A forward pass
    takes the running averages.
    """

    channels: int
    eps: float = 1e-5
    momentum: float = 0.1

    def output_shape(self, shape: Shape) -> Shape:
        if not (0 <= self.eps < math.inf and 0 <= self.momentum <= 1):
            raise ShapeError(
                f"BatchNorm expects eps >= 0 and a momentum from 0 to 1. "
                f"Received: eps {self.eps}, momentum {self.momentum}"
            )
        _require_channels("BatchNorm", shape, self.channels)
        return shape

    def parameters(self) -> dict[str, Parameter]:
        size = (self.channels,)
        return {
            "weight": Parameter(size, AFFINE_BOUND, center=1.0),
            "bias": Parameter(size, AFFINE_BOUND),
            "running_mean": Parameter(size, AFFINE_BOUND, learned=False),
            "running_var": Parameter(size, AFFINE_BOUND, center=1.0, learned=False),
        }

    def flop(self, shape: Shape) -> int:
        """A difference, a quotient, scale and shift; the batch's sums are training's own."""
        return 4 * math.prod(shape)


class _OfEachSample(Layer):
    """A norm by each sample's own mean and variance, and a weight and a bias if it is affine."""

    channels: int
    affine: bool

    def parameters(self) -> dict[str, Parameter]:
        if not self.affine:
            return {}
        return {
            "weight": Parameter((self.channels,), AFFINE_BOUND, center=1.0),
            "bias": Parameter((self.channels,), AFFINE_BOUND),
        }

    def flop(self, shape: Shape) -> int:
        """For each element: two sums, a difference, a square, a quotient; scale and shift."""
        return (7 if self.affine else 5) * math.prod(shape)


@dataclass(frozen=True)
class GroupNorm(_OfEachSample):
    """(x - mean) / sqrt(variance + eps) * weight + bias over [batch, channels, ...]: mean and
    variance of each group of channels in each sample (arXiv:1803.08494).

    Without `affine` there is neither weight nor bias.
    """

    groups: int
    channels: int
    eps: float = 1e-5
    affine: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        _require_channels("GroupNorm", shape, self.channels)
        if self.groups < 1 or self.channels % self.groups or not 0 <= self.eps < math.inf:
            raise ShapeError(
                f"GroupNorm expects groups that divide its {self.channels} channels, and eps >= 0. "
                f"Received: {self.groups} groups, eps {self.eps}"
            )
        if math.prod(shape[1:]) == self.groups:
            raise ShapeError(
                f"GroupNorm expects more than one value in each group. "
                f"Received: {self.groups} groups of {list(shape)}"
            )
        return shape


@dataclass(frozen=True)
class InstanceNorm(_OfEachSample):
    """(x - mean) / sqrt(variance + eps) over [batch, channels, length, ...]: mean and variance of
    each channel of each sample (Ulyanov et al., arXiv:1607.08022), in training and after.

    With `affine`, which is left out unless it is asked for, times a weight plus a bias.
    """

    channels: int
    eps: float = 1e-5
    affine: bool = False

    def output_shape(self, shape: Shape) -> Shape:
        _require_channels("InstanceNorm", shape, self.channels, least=3)
        if not 0 <= self.eps < math.inf or math.prod(shape[2:]) < 2:
            raise ShapeError(
                f"InstanceNorm expects eps >= 0 and more than one value in each channel. "
                f"Received: eps {self.eps}, {list(shape)}"
            )
        return shape


@dataclass(frozen=True)
class Upsample(Layer):
    """Every axis behind the channels `scale` times as long: `nearest` repeats each value, `linear`
    along one axis, `bilinear` along two and `trilinear` along three draw lines between them, as
    `line_through` says; beyond the edge stands the edge."""

    scale: int
    mode: str = "nearest"

    def output_shape(self, shape: Shape) -> Shape:
        places = _places("Upsample", shape)
        lines = _LINES[len(places)]
        if self.scale < 1 or self.mode not in ("nearest", lines):
            raise ShapeError(
                f"Upsample expects a scale above 0 and mode = nearest or {lines} of {list(shape)}. "
                f"Received: scale {self.scale}, mode {self.mode!r}"
            )
        return (*shape[:2], *(size * self.scale for size in places))

    def flop(self, shape: Shape) -> int:
        """A difference, a product and a sum along each axis; none to repeat."""
        made = (math.prod(shape) * self.scale**axis for axis in range(1, len(shape) - 1))
        return 0 if self.mode == "nearest" else 3 * sum(made)


def line_through(scale: int) -> list[tuple[int, float]]:
    """Of the `scale` results that each place becomes: the step to the neighbour that it lies
    towards, and its distance. Their centres are spread evenly over the place's own width."""
    offsets = [(number + 0.5) / scale - 0.5 for number in range(scale)]
    return [(-1 if offset < 0 else 1, abs(offset)) for offset in offsets]


@dataclass(frozen=True)
class _Pool(Layer):
    """Over sequences, images and volumes. Kernel, stride and padding are a number for all axes
    behind the channels, or one for each."""

    kernel: Sizes
    stride: Sizes
    padding: Sizes = 0
    ceil: bool = False
    """Whether a last window may stand out over the edge."""

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "padding"):
            object.__setattr__(self, name, one_number(getattr(self, name)))

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:2], *self.window(shape).places)

    def window(self, shape: Shape) -> Window:
        """Its windows over an input of `shape`."""
        name, axes = type(self).__name__, len(_places(type(self).__name__, shape))
        kernel = checked(name, "kernel", self.kernel, axes, 1)
        around = checked(name, "padding", self.padding, axes, 0)
        if any(edge > size // 2 for edge, size in zip(around, kernel, strict=True)):
            raise ShapeError(
                f"{name} expects padding of at most half its kernel {self.kernel}. "
                f"Received: padding {self.padding}"
            )
        return window(name, shape, self.kernel, self.stride, self.padding, ceil=self.ceil)

    def flop(self, shape: Shape) -> int:
        return math.prod(self.output_shape(shape)) * math.prod(self.window(shape).kernel)


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest value of every window; what lies outside the image never is. See `_Pool`."""


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of every window; padding counts as zeros, what stands out over the edge does not.
    See `_Pool`."""


@dataclass(frozen=True)
class AdaptiveAvgPool(Layer):
    """Means over so many windows along each axis behind the channels, which cover it: see
    `adaptive_windows`. A shorter axis is taken where each of its places makes as many results.

    `size` is a number for all these axes, or one for each.
    """

    size: Sizes

    def __post_init__(self) -> None:
        object.__setattr__(self, "size", one_number(self.size))

    def sizes(self, shape: Shape) -> Shape:
        """Along each axis behind the channels."""
        axes = len(_places("AdaptiveAvgPool", shape))
        return checked("AdaptiveAvgPool", "size", self.size, axes, 1)

    def output_shape(self, shape: Shape) -> Shape:
        sizes = self.sizes(shape)
        for places, size in zip(shape[2:], sizes, strict=True):
            if places < size and size % places:
                least = " x ".join(map(str, sizes))
                raise ShapeError(
                    f"AdaptiveAvgPool expects at least {least} places, or a divisor of it along "
                    f"an axis. Received: {list(shape)}"
                )
        return (*shape[:2], *sizes)

    def flop(self, shape: Shape) -> int:
        along = (
            sum(end - begin for begin, end in adaptive_windows(places, size))
            for places, size in zip(shape[2:], self.sizes(shape), strict=True)
        )
        return math.prod(shape[:2]) * math.prod(along)


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """The mean of every channel, as [batch, channels, 1, ...]."""

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:2], *(1 for _ in _places("GlobalAvgPool", shape)))

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


def adaptive_windows(length: int, size: int) -> list[tuple[int, int]]:
    """Begin and end of `size` windows over an axis: floor(i n / s) to ceil((i + 1) n / s)."""
    return [(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]

"""Layers over images [batch, channels, height, width]: normalisation, pooling, enlarging."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.dense import AFFINE_BOUND
from suites.layers.tree import Layer, Parameter, Shape, ShapeError
from suites.layers.windows import Window, window


def _image(layer: str, shape: Shape) -> Shape:
    if len(shape) != 4:
        raise ShapeError(
            f"{layer} expects [batch, channels, height, width]. Received: {list(shape)}"
        )
    return shape


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
    """Every axis of an image `scale` times as long: `nearest` repeats each value, `bilinear` draws
    lines between them along both axes, as `line_through` says; beyond the edge stands the edge."""

    scale: int
    mode: str = "nearest"

    def output_shape(self, shape: Shape) -> Shape:
        batch, channels, height, width = _image("Upsample", shape)
        if self.scale < 1 or self.mode not in ("nearest", "bilinear"):
            raise ShapeError(
                f"Upsample expects a scale above 0 and mode = nearest or bilinear. "
                f"Received: scale {self.scale}, mode {self.mode!r}"
            )
        return (batch, channels, height * self.scale, width * self.scale)

    def flop(self, shape: Shape) -> int:
        """A difference, a product and a sum along each axis; none to repeat."""
        along_rows = math.prod(shape) * self.scale
        return 0 if self.mode == "nearest" else 3 * along_rows * (1 + self.scale)


def line_through(scale: int) -> list[tuple[int, float]]:
    """Of the `scale` results that each place becomes: the step to the neighbour that it lies
    towards, and its distance. Their centres are spread evenly over the place's own width."""
    offsets = [(number + 0.5) / scale - 0.5 for number in range(scale)]
    return [(-1 if offset < 0 else 1, abs(offset)) for offset in offsets]


@dataclass(frozen=True)
class _Pool(Layer):
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False
    """Whether a last window may stand out over the edge."""

    def output_shape(self, shape: Shape) -> Shape:
        return (*shape[:2], *self.window(shape).places)

    def window(self, shape: Shape) -> Window:
        """Its windows over an input of `shape`."""
        name = type(self).__name__
        _image(name, shape)
        if self.padding > self.kernel // 2:
            raise ShapeError(
                f"{name} expects padding of at most half its kernel {self.kernel}. "
                f"Received: padding {self.padding}"
            )
        return window(name, shape, self.kernel, self.stride, self.padding, ceil=self.ceil)

    def flop(self, shape: Shape) -> int:
        return math.prod(self.output_shape(shape)) * self.kernel**2


@dataclass(frozen=True)
class MaxPool(_Pool):
    """The largest value of every window; what lies outside the image never is."""


@dataclass(frozen=True)
class AvgPool(_Pool):
    """The mean of every window; padding counts as zeros, what stands out over the edge does not."""


@dataclass(frozen=True)
class AdaptiveAvgPool(Layer):
    """Means over size x size windows that cover the image: see `adaptive_windows`. A smaller image
    is taken where each of its places makes as many results."""

    size: int

    def output_shape(self, shape: Shape) -> Shape:
        batch, channels, height, width = _image("AdaptiveAvgPool", shape)
        smaller = [places for places in (height, width) if places < self.size]
        if self.size < 1 or any(self.size % places for places in smaller):
            raise ShapeError(
                f"AdaptiveAvgPool expects an image of at least {self.size} x {self.size}, or one "
                f"whose places are a divisor of it. Received: {list(shape)}"
            )
        return (batch, channels, self.size, self.size)

    def flop(self, shape: Shape) -> int:
        windows = (adaptive_windows(size, self.size) for size in shape[2:])
        rows, columns = (sum(end - begin for begin, end in window) for window in windows)
        return math.prod(shape[:2]) * rows * columns


@dataclass(frozen=True)
class GlobalAvgPool(Layer):
    """The mean of every channel, as [batch, channels, 1, 1]."""

    def output_shape(self, shape: Shape) -> Shape:
        return (*_image("GlobalAvgPool", shape)[:2], 1, 1)

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


def adaptive_windows(length: int, size: int) -> list[tuple[int, int]]:
    """Begin and end of `size` windows over an axis: floor(i n / s) to ceil((i + 1) n / s)."""
    return [(i * length // size, -(-(i + 1) * length // size)) for i in range(size)]

"""Layers over images [batch, channels, height, width]: convolution, normalisation, pooling."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.dense import AFFINE_BOUND
from suites.layers.tree import Layer, Parameter, Shape, ShapeError


def _image(layer: str, shape: Shape, channels: int | None = None) -> Shape:
    if len(shape) != 4 or channels not in (None, shape[1]):
        wanted = "channels" if channels is None else str(channels)
        raise ShapeError(
            f"{layer} expects [batch, {wanted}, height, width]. Received: {list(shape)}"
        )
    return shape


def _places(layer: str, size: int, kernel: int, stride: int, padding: int, ceil: bool) -> int:
    """How often a window fits along one axis."""
    if kernel < 1 or stride < 1 or padding < 0:
        raise ShapeError(
            f"{layer} expects kernel >= 1, stride >= 1, padding >= 0. "
            f"Received: kernel {kernel}, stride {stride}, padding {padding}"
        )
    room = size + 2 * padding - kernel
    if room < 0:
        raise ShapeError(
            f"{layer} expects at least {kernel - 2 * padding} rows and columns for its "
            f"{kernel} x {kernel} window. Received: {size}"
        )
    if not ceil:
        return room // stride + 1
    places = -(-room // stride) + 1
    # A last window that would begin in the padding behind the image does not count.
    return places - 1 if (places - 1) * stride >= size + padding else places


@dataclass(frozen=True)
class Conv2d(Layer):
    """Cross-correlation with square windows; weight [outputs, inputs / groups, kernel, kernel]."""

    inputs: int
    outputs: int
    kernel: int
    stride: int = 1
    padding: int = 0
    groups: int = 1
    bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        batch, _, height, width = _image("Conv2d", shape, self.inputs)
        if self.groups < 1 or self.inputs % self.groups or self.outputs % self.groups:
            raise ShapeError(
                f"Conv2d expects groups that divide its {self.inputs} inputs and {self.outputs} "
                f"outputs. Received: {self.groups} groups"
            )
        window = self.kernel, self.stride, self.padding, False
        rows, columns = (_places("Conv2d", size, *window) for size in (height, width))
        return (batch, self.outputs, rows, columns)

    def parameters(self) -> dict[str, Parameter]:
        window = self.inputs // self.groups, self.kernel, self.kernel
        length = math.prod(window)
        # He et al., arXiv:1502.01852, equation 10: rectified signals keep their size in depth.
        weight = {"weight": Parameter((self.outputs, *window), math.sqrt(6 / length))}
        bias = {"bias": Parameter((self.outputs,), 1 / math.sqrt(length))} if self.bias else {}
        return weight | bias

    def flop(self, shape: Shape) -> int:
        products = self.inputs // self.groups * self.kernel**2
        return math.prod(self.output_shape(shape)) * (2 * products + self.bias)


@dataclass(frozen=True)
class BatchNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias, for every channel (arXiv:1502.03167).

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
        return _image("BatchNorm", shape, self.channels)

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


@dataclass(frozen=True)
class GroupNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias over [batch, channels, ...]: mean and
    variance of each group of channels in each sample (arXiv:1803.08494).

    Without `affine` there is neither weight nor bias.
    """

    groups: int
    channels: int
    eps: float = 1e-5
    affine: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[1] != self.channels:
            raise ShapeError(
                f"GroupNorm expects [batch, {self.channels}, ...]. Received: {list(shape)}"
            )
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
class _Pool(Layer):
    kernel: int
    stride: int
    padding: int = 0
    ceil: bool = False
    """Whether a last window may stand out over the edge."""

    def output_shape(self, shape: Shape) -> Shape:
        name = type(self).__name__
        batch, channels, height, width = _image(name, shape)
        if self.padding > self.kernel // 2:
            raise ShapeError(
                f"{name} expects padding of at most half its kernel {self.kernel}. "
                f"Received: padding {self.padding}"
            )
        window = self.kernel, self.stride, self.padding, self.ceil
        rows, columns = (_places(name, size, *window) for size in (height, width))
        return (batch, channels, rows, columns)

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

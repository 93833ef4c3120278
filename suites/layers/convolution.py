"""Convolutions over [batch, channels, ...] of one, two and three axes, and the transposed one."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from suites.layers.tree import Layer, Parameter, Shape, ShapeError
from suites.layers.windows import Sizes, Window, checked, one_number, spread, window

_PLACES = {1: "length", 2: "height, width", 3: "depth, height, width"}


@dataclass(frozen=True)
class Convolution(Layer):
    """Cross-correlation; weight [outputs, inputs / groups, *kernel].

    Kernel, stride, padding and dilation are a number for all axes behind the channels, or one for
    each; padding may be "same" (`suites.layers.windows.SAME`).
    """

    axes: ClassVar[int]

    inputs: int
    outputs: int
    kernel: Sizes
    stride: Sizes = 1
    padding: Sizes | str = 0
    groups: int = 1
    bias: bool = True
    dilation: Sizes = 1

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "padding", "dilation"):
            object.__setattr__(self, name, one_number(getattr(self, name)))

    def window(self, shape: Shape) -> Window:
        """Its windows over an input of `shape`."""
        name = type(self).__name__
        _require_channels(name, shape, self.inputs, self.axes)
        return window(name, shape, self.kernel, self.stride, self.padding, self.dilation)

    def output_shape(self, shape: Shape) -> Shape:
        if self.groups < 1 or self.inputs % self.groups or self.outputs % self.groups:
            raise ShapeError(
                f"{type(self).__name__} expects groups that divide its {self.inputs} inputs and "
                f"{self.outputs} outputs. Received: {self.groups} groups"
            )
        return (shape[0], self.outputs, *self.window(shape).places)

    def parameters(self) -> dict[str, Parameter]:
        sizes = (self.inputs // self.groups, *spread(self.kernel, self.axes))
        length = math.prod(sizes)
        # He et al., arXiv:1502.01852, equation 10: rectified signals keep their size in depth.
        weight = {"weight": Parameter((self.outputs, *sizes), math.sqrt(6 / length))}
        bias = {"bias": Parameter((self.outputs,), 1 / math.sqrt(length))} if self.bias else {}
        return weight | bias

    def flop(self, shape: Shape) -> int:
        products = self.inputs // self.groups * math.prod(spread(self.kernel, self.axes))
        return math.prod(self.output_shape(shape)) * (2 * products + self.bias)


@dataclass(frozen=True)
class Conv1d(Convolution):
    """Over [batch, channels, length]: see `Convolution`."""

    axes: ClassVar[int] = 1


@dataclass(frozen=True)
class Conv2d(Convolution):
    """Over [batch, channels, height, width]: see `Convolution`."""

    axes: ClassVar[int] = 2


@dataclass(frozen=True)
class Conv3d(Convolution):
    """Over [batch, channels, depth, height, width]: see `Convolution`."""

    axes: ClassVar[int] = 3


@dataclass(frozen=True)
class ConvTranspose2d(Layer):
    """What a Conv2d of weight [inputs, outputs, *kernel] passes back to its input (Dumoulin and
    Visin, arXiv:1603.07285, chapter 4): every value adds the kernel, times itself, to the result,
    whose edges lose `padding` places; `output_padding` more stand behind it, which no value reaches
    unless its kernel does."""

    inputs: int
    outputs: int
    kernel: Sizes
    stride: Sizes = 1
    padding: Sizes = 0
    output_padding: Sizes = 0
    bias: bool = True

    def __post_init__(self) -> None:
        for name in ("kernel", "stride", "padding", "output_padding"):
            object.__setattr__(self, name, one_number(getattr(self, name)))

    def window(self, shape: Shape) -> Window:
        """The windows of that Conv2d over the result: as many as there are places in `shape`."""
        result = self.output_shape(shape)
        return window("ConvTranspose2d", result, self.kernel, self.stride, self.padding)

    def output_shape(self, shape: Shape) -> Shape:
        name = type(self).__name__
        _require_channels(name, shape, self.inputs, 2)
        kernel = checked(name, "kernel", self.kernel, 2, 1)
        stride = checked(name, "stride", self.stride, 2, 1)
        padding = checked(name, "padding", self.padding, 2, 0)
        more = checked(name, "output_padding", self.output_padding, 2, 0)
        if any(extra >= step for extra, step in zip(more, stride, strict=True)):
            raise ShapeError(
                f"{name} expects output_padding below its stride {self.stride}. "
                f"Received: {self.output_padding}"
            )
        along = zip(shape[2:], kernel, stride, padding, more, strict=True)
        sizes = ((size - 1) * s - 2 * p + k + extra for size, k, s, p, extra in along)
        return (shape[0], self.outputs, *sizes)

    def parameters(self) -> dict[str, Parameter]:
        kernel, stride = spread(self.kernel, 2), spread(self.stride, 2)
        # Of so many products is a value of the result the sum.
        length = self.inputs * max(1, math.prod(kernel) // math.prod(stride))
        weight = Parameter((self.inputs, self.outputs, *kernel), math.sqrt(6 / length))
        bias = {"bias": Parameter((self.outputs,), 1 / math.sqrt(length))} if self.bias else {}
        return {"weight": weight} | bias

    def flop(self, shape: Shape) -> int:
        kernel = self.parameters()["weight"].shape[2:]
        products = math.prod(shape) * self.outputs * math.prod(kernel)
        return 2 * products + self.bias * math.prod(self.output_shape(shape))


def _require_channels(layer: str, shape: Shape, channels: int, axes: int) -> None:
    if len(shape) != 2 + axes or shape[1] != channels:
        raise ShapeError(
            f"{layer} expects [batch, {channels}, {_PLACES[axes]}]. Received: {list(shape)}"
        )

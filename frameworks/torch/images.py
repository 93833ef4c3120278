"""The layers over images [batch, channels, ...]: convolution, normalisation, pooling, enlarging."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from torch import nn
from torch.nn import functional

from frameworks.torch.leaf import Leaf
from suites import layers
from suites.layers import Layer
from suites.layers.convolution import Convolution
from suites.layers.windows import spread

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_CONVOLVE = (functional.conv1d, functional.conv2d, functional.conv3d)
_VOLUME = 5
"""Axes of one."""

_MAX_POOLS = (functional.max_pool1d, functional.max_pool2d, functional.max_pool3d)
_AVERAGE_POOLS = (functional.avg_pool1d, functional.avg_pool2d, functional.avg_pool3d)
_ADAPTIVE_POOLS = (
    functional.adaptive_avg_pool1d,
    functional.adaptive_avg_pool2d,
    functional.adaptive_avg_pool3d,
)


def _convolution(layer: Convolution) -> Any:
    if layer.padding == "same" and layer.stride != 1:
        return _Framed(layer)
    return _CONVOLUTIONS[layer.axes - 1](
        layer.inputs,
        layer.outputs,
        layer.kernel,
        stride=layer.stride,
        padding=layer.padding,
        dilation=layer.dilation,
        groups=layer.groups,
        bias=layer.bias,
    )


class _Framed(Leaf):
    """Its own module pads so for stride 1 alone."""

    def forward(self, x: Any) -> Any:
        layer = self.layer
        edges = layer.window(tuple(x.shape)).edges
        bias = self.bias if layer.bias else None
        how = {"stride": layer.stride, "dilation": layer.dilation, "groups": layer.groups}
        convolve = _CONVOLVE[layer.axes - 1]
        if all(before == behind for before, behind in edges):
            before_each = [before for before, _ in edges]
            return convolve(x, self.weight, bias, padding=before_each, **how)
        room = [places for edge in reversed(edges) for places in edge]
        return convolve(functional.pad(x, room), self.weight, bias, **how)


def _transposed(layer: layers.ConvTranspose2d) -> Any:
    return nn.ConvTranspose2d(
        layer.inputs,
        layer.outputs,
        layer.kernel,
        layer.stride,
        layer.padding,
        layer.output_padding,
        bias=layer.bias,
    )


class _InstanceNorm(Leaf):
    """Of any number of axes, for each of which the framework has a module."""

    def forward(self, x: Any) -> Any:
        affine = (self.weight, self.bias) if self.layer.affine else (None, None)
        return functional.instance_norm(x, None, None, *affine, eps=self.layer.eps)


class _BatchNorm(Leaf):
    """The framework's own module counts batches too, an operation more for every layer."""

    def forward(self, x: Any) -> Any:
        averages, affine = (self.running_mean, self.running_var), (self.weight, self.bias)
        how = self.training, self.layer.momentum, self.layer.eps
        return functional.batch_norm(x, *averages, *affine, *how)


class _MaxPool(Leaf):
    """Of any number of axes, for each of which the framework has a function."""

    def forward(self, x: Any) -> Any:
        layer = self.layer
        pool = _MAX_POOLS[x.dim() - 3]
        return pool(x, layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)


class _AvgPool(Leaf):
    """The same. What stands out over the edge is padded beforehand, so that padding need not count:
    where it counts, Inductor's gradient divides windows that stand out by their whole size
    (https://github.com/pytorch/pytorch/issues/198119). Of volumes on a CPU it has none in 16 bits:
    there in float32."""

    def forward(self, x: Any) -> Any:
        if x.dim() == _VOLUME and x.device.type == "cpu":
            return self._means(x.float()).to(x.dtype)
        return self._means(x)

    def _means(self, x: Any) -> Any:
        layer = self.layer
        pool = _AVERAGE_POOLS[x.dim() - 3]
        if not layer.ceil:
            return pool(x, layer.kernel, layer.stride, layer.padding)
        places = layer.output_shape(tuple(x.shape))[2:]
        edges = [edge for edge in reversed(spread(layer.padding, len(places))) for _ in range(2)]
        padded = functional.pad(x, edges) if layer.padding else x
        window = {"ceil_mode": True, "count_include_pad": False}
        means = pool(padded, layer.kernel, layer.stride, **window)
        return means[(..., *map(slice, places))]


class _AdaptiveAvgPool(Leaf):
    """The same."""

    def forward(self, x: Any) -> Any:
        return _ADAPTIVE_POOLS[x.dim() - 3](x, self.layer.size)


class _GlobalAvgPool(Leaf):
    """The same."""

    def forward(self, x: Any) -> Any:
        return _ADAPTIVE_POOLS[x.dim() - 3](x, 1)


def _group_norm(layer: layers.GroupNorm) -> Any:
    return nn.GroupNorm(layer.groups, layer.channels, layer.eps, layer.affine)


LOWERINGS: dict[type[Layer], Callable[[Any], Any]] = {
    layers.Conv1d: _convolution,
    layers.Conv2d: _convolution,
    layers.Conv3d: _convolution,
    layers.ConvTranspose2d: _transposed,
    layers.BatchNorm: _BatchNorm,
    layers.GroupNorm: _group_norm,
    layers.InstanceNorm: _InstanceNorm,
    layers.MaxPool: _MaxPool,
    layers.AvgPool: _AvgPool,
    layers.AdaptiveAvgPool: _AdaptiveAvgPool,
    layers.GlobalAvgPool: _GlobalAvgPool,
    layers.Upsample: lambda layer: nn.Upsample(scale_factor=layer.scale, mode=layer.mode),
}
"""How each kind of layer is lowered, by its exact class."""

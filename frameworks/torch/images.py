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

_CONVOLUTIONS = (nn.Conv1d, nn.Conv2d, nn.Conv3d)
_CONVOLVE = (functional.conv1d, functional.conv2d, functional.conv3d)


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


class _OverhangingAvgPool(Leaf):
    """Padded beforehand, so that padding need not count: where it counts, Inductor's gradient
    divides windows that stand out over the edge by their whole size
    (https://github.com/pytorch/pytorch/issues/198119)."""

    def forward(self, x: Any) -> Any:
        layer = self.layer
        rows, columns = layer.output_shape(tuple(x.shape))[2:]
        padded = functional.pad(x, (layer.padding,) * 4) if layer.padding else x
        window = {"ceil_mode": True, "count_include_pad": False}
        means = functional.avg_pool2d(padded, layer.kernel, layer.stride, **window)
        return means[:, :, :rows, :columns]


def _group_norm(layer: layers.GroupNorm) -> Any:
    return nn.GroupNorm(layer.groups, layer.channels, layer.eps, layer.affine)


def _max_pool(layer: layers.MaxPool) -> Any:
    return nn.MaxPool2d(layer.kernel, layer.stride, layer.padding, ceil_mode=layer.ceil)


def _average_pool(layer: layers.AvgPool) -> Any:
    if layer.ceil:
        return _OverhangingAvgPool(layer)
    return nn.AvgPool2d(layer.kernel, layer.stride, layer.padding)


LOWERINGS: dict[type[Layer], Callable[[Any], Any]] = {
    layers.Conv1d: _convolution,
    layers.Conv2d: _convolution,
    layers.Conv3d: _convolution,
    layers.ConvTranspose2d: _transposed,
    layers.BatchNorm: _BatchNorm,
    layers.GroupNorm: _group_norm,
    layers.InstanceNorm: _InstanceNorm,
    layers.MaxPool: _max_pool,
    layers.AvgPool: _average_pool,
    layers.AdaptiveAvgPool: lambda layer: nn.AdaptiveAvgPool2d(layer.size),
    layers.GlobalAvgPool: lambda layer: nn.AdaptiveAvgPool2d(1),
    layers.Upsample: lambda layer: nn.Upsample(scale_factor=layer.scale, mode=layer.mode),
}
"""How each kind of layer is lowered, by its exact class."""

"""What layers over images compute: convolution, normalisation over channels, pooling."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
import numpy as np

from suites import layers
from suites.layers import Layer, adaptive_windows, join, line_through
from suites.layers.convolution import Convolution
from suites.layers.windows import spread
from suites.verification.reference.meanings.convolution import (
    Float64,
    convolve,
    pick,
    transpose_convolve,
    windows,
)
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    averaged,
    computed,
    mean_over,
    scale_by_channel,
    sum_by_channel,
)
from suites.verification.reference.meanings.running import Meaning, Run


def _convolution(run: Run, layer: Convolution, x: Any, path: str) -> Any:
    y = convolve(x, run.weight(path, "weight"), layer.window(x.shape), layer.groups, run.arithmetic)
    return add_by_channel(y, run.weight(path, "bias"), 1, run.arithmetic) if layer.bias else y


def _transposed(run: Run, layer: layers.ConvTranspose2d, x: Any, path: str) -> Any:
    sizes = layer.output_shape(x.shape)[2:]
    y = transpose_convolve(
        x, run.weight(path, "weight"), layer.window(x.shape), sizes, run.arithmetic
    )
    return add_by_channel(y, run.weight(path, "bias"), 1, run.arithmetic) if layer.bias else y


def _batch_norm(run: Run, layer: layers.BatchNorm, x: Any, path: str) -> Any:
    arithmetic = run.arithmetic
    mean, variance = run.weight(path, "running_mean"), run.weight(path, "running_var")
    if run.training:
        count = math.prod(x.shape) / x.shape[1]
        batch_mean, batch_variance = _moments(run, x, 1)
        unbiased = batch_variance * (count / (count - 1))
        for name, old, new in (
            ("running_mean", mean, batch_mean),
            ("running_var", variance, unbiased),
        ):
            run.averages[join(path, name)] = _moved(run, old, new, layer.momentum)
        mean, variance = batch_mean, batch_variance
    scale = run.weight(path, "weight") * computed(1 / anp.sqrt(variance + layer.eps), arithmetic)
    # As one product and one sum, which loses more than centring first, and is done.
    shift = run.weight(path, "bias") - mean * scale
    return add_by_channel(scale_by_channel(x, scale, 1, arithmetic), shift, 1, arithmetic)


def _moved(run: Run, old: Any, new: Any, share: float) -> Any:
    if run.arithmetic.in_shares:
        return (1 - share) * old + share * new
    return old + share * (new - old)


def _moments(run: Run, x: Any, axis: int) -> tuple[Any, Any]:
    """Mean and variance over all axes but this one."""
    count = math.prod(x.shape) / x.shape[axis]
    mean = sum_by_channel(x, axis, run.arithmetic) / count
    if run.arithmetic.squares_first:
        squares = run.arithmetic.squared(sum_by_channel(x**2, axis, run.arithmetic) / count)
        return mean, anp.maximum(squares - mean**2, 0)
    centred = add_by_channel(x, -mean, axis, run.arithmetic)
    return mean, sum_by_channel(centred**2, axis, run.arithmetic) / count


def _group_norm(run: Run, layer: layers.GroupNorm, x: Any, path: str) -> Any:
    return _normalised(run, layer, x, path, layer.groups)


def _instance_norm(run: Run, layer: layers.InstanceNorm, x: Any, path: str) -> Any:
    return _normalised(run, layer, x, path, layer.channels)


def _normalised(
    run: Run, layer: layers.GroupNorm | layers.InstanceNorm, x: Any, path: str, groups: int
) -> Any:
    batch, channels = x.shape[:2]
    mean, variance = _moments(run, anp.reshape(x, (batch * groups, -1)), 0)
    root = computed(1 / anp.sqrt(variance + layer.eps), run.arithmetic)
    # Of every channel of every sample one product and one sum, as in batch norm.
    scale, shift = (anp.repeat(a, channels // groups) for a in (root, -mean * root))
    if layer.affine:
        weight, bias = (anp.tile(run.weight(path, name), batch) for name in ("weight", "bias"))
        scale, shift = scale * weight, shift * weight + bias
    scaled = scale_by_channel(anp.reshape(x, (len(scale), -1)), scale, 0, run.arithmetic)
    return anp.reshape(add_by_channel(scaled, shift, 0, run.arithmetic), x.shape)


def _max_pool(run: Run, layer: layers.MaxPool, x: Any, path: str) -> Any:
    window = layer.window(x.shape)
    values = getattr(x, "_value", x)  # the choice of an element is no differentiable step
    return pick(x, run.arithmetic.largest(windows(values, window)), window)


def _avg_pool(run: Run, layer: layers.AvgPool, x: Any, path: str) -> Any:
    window, axes = layer.window(x.shape), x.ndim - 2
    around = spread(layer.padding, axes)
    padded = anp.pad(x, ((0, 0), (0, 0), *((edge, edge) for edge in around)), "constant")
    each = zip(window.kernel, window.stride, window.places, strict=True)
    spans = [[(i * stride, i * stride + kernel) for i in range(n)] for kernel, stride, n in each]
    return _means(run, padded, spans)


def _adaptive_pool(run: Run, layer: layers.AdaptiveAvgPool, x: Any, path: str) -> Any:
    each = zip(x.shape[2:], layer.sizes(x.shape), strict=True)
    return _means(run, x, [adaptive_windows(places, size) for places, size in each])


def _means(run: Run, x: Any, spans: list[list[tuple[int, int]]]) -> Any:
    """Means over all windows that have these spans along each axis, cut off at the edge: a small
    product for each."""
    for axis in range(x.ndim - 1, 1, -1):
        matrix = _averaging(spans[axis - 2], x.shape[axis], x.dtype)
        last = anp.matmul(anp.swapaxes(x, axis, -1), matrix.T)
        x = anp.swapaxes(last, axis, -1)
    length = math.prod(max(end - begin for begin, end in along) for along in spans)
    return averaged(x, length, run.arithmetic)


def _global_mean(run: Run, layer: Layer, x: Any, path: str) -> Any:
    means = mean_over(x, tuple(range(2, x.ndim)))
    return averaged(means, math.prod(x.shape[2:]), run.arithmetic)


def _averaging(spans: list[tuple[int, int]], length: int, dtype: Any) -> Float64:
    matrix = np.zeros((len(spans), length), dtype)
    for row, (begin, end) in zip(matrix, spans, strict=True):
        row[begin : min(end, length)] = 1 / (min(end, length) - begin)
    return matrix


def _upsample(run: Run, layer: layers.Upsample, x: Any, path: str) -> Any:
    for axis in range(2, x.ndim):
        x = (_repeated if layer.mode == "nearest" else _drawn_out)(x, layer.scale, axis)
    return x


def _repeated(x: Any, scale: int, axis: int) -> Any:
    return anp.repeat(x, scale, axis=axis)


def _drawn_out(x: Any, scale: int, axis: int) -> Any:
    """Every place becomes `scale` on lines to its neighbours, the edge's neighbour being itself."""
    inner, before = x.shape[axis], (slice(None),) * axis
    towards = {
        -1: anp.concatenate([x[(*before, slice(1))], x[(*before, slice(-1))]], axis=axis),
        1: anp.concatenate(
            [x[(*before, slice(1, None))], x[(*before, slice(-1, None))]], axis=axis
        ),
    }
    drawn = [x + away * (towards[step] - x) for step, away in line_through(scale)]
    shape = (*x.shape[:axis], inner * scale, *x.shape[axis + 1 :])
    return anp.reshape(anp.stack(drawn, axis=axis + 1), shape)


SAME_VALUES = (layers.MaxPool,)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Meaning] = {
    layers.Conv1d: _convolution,
    layers.Conv2d: _convolution,
    layers.Conv3d: _convolution,
    layers.ConvTranspose2d: _transposed,
    layers.BatchNorm: _batch_norm,
    layers.GroupNorm: _group_norm,
    layers.InstanceNorm: _instance_norm,
    layers.MaxPool: _max_pool,
    layers.AvgPool: _avg_pool,
    layers.AdaptiveAvgPool: _adaptive_pool,
    layers.GlobalAvgPool: _global_mean,
    layers.Upsample: _upsample,
}
"""What each kind of layer computes, by its exact class."""

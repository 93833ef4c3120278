"""What layers over images compute: convolution, normalisation over channels, pooling."""

from __future__ import annotations

import math
from typing import Any

import autograd.numpy as anp
import numpy as np

from suites import layers
from suites.layers import Layer, adaptive_windows, join
from suites.verification.reference.meanings.convolution import Float64, convolve, pick, windows
from suites.verification.reference.meanings.operations import (
    add_by_channel,
    averaged,
    computed,
    mean_over,
    scale_by_channel,
    sum_by_channel,
)
from suites.verification.reference.meanings.running import Meaning, Run


def _convolution(run: Run, layer: layers.Conv2d, x: Any, path: str) -> Any:
    weight = run.weight(path, "weight")
    y = convolve(x, weight, layer.stride, layer.padding, layer.groups, run.arithmetic)
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
            run.averages[join(path, name)] = old + layer.momentum * (new - old)
        mean, variance = batch_mean, batch_variance
    scale = run.weight(path, "weight") * computed(1 / anp.sqrt(variance + layer.eps), arithmetic)
    # As one product and one sum, which loses more than centring first, and is done.
    shift = run.weight(path, "bias") - mean * scale
    return add_by_channel(scale_by_channel(x, scale, 1, arithmetic), shift, 1, arithmetic)


def _moments(run: Run, x: Any, axis: int) -> tuple[Any, Any]:
    """Mean and variance over all axes but this one."""
    count = math.prod(x.shape) / x.shape[axis]
    mean = sum_by_channel(x, axis, run.arithmetic) / count
    if run.arithmetic.squares_first:
        squares = sum_by_channel(x**2, axis, run.arithmetic) / count
        return mean, anp.maximum(squares - mean**2, 0)
    centred = add_by_channel(x, -mean, axis, run.arithmetic)
    return mean, sum_by_channel(centred**2, axis, run.arithmetic) / count


def _group_norm(run: Run, layer: layers.GroupNorm, x: Any, path: str) -> Any:
    batch, channels = x.shape[:2]
    mean, variance = _moments(run, anp.reshape(x, (batch * layer.groups, -1)), 0)
    root = computed(1 / anp.sqrt(variance + layer.eps), run.arithmetic)
    # Of every channel of every sample one product and one sum, as in batch norm.
    scale, shift = (anp.repeat(a, channels // layer.groups) for a in (root, -mean * root))
    if layer.affine:
        weight, bias = (anp.tile(run.weight(path, name), batch) for name in ("weight", "bias"))
        scale, shift = scale * weight, shift * weight + bias
    scaled = scale_by_channel(anp.reshape(x, (len(scale), -1)), scale, 0, run.arithmetic)
    return anp.reshape(add_by_channel(scaled, shift, 0, run.arithmetic), x.shape)


def _max_pool(run: Run, layer: layers.MaxPool, x: Any, path: str) -> Any:
    places = layer.output_shape(x.shape)[2:]
    values = getattr(x, "_value", x)  # the choice of an element is no differentiable step
    seen = windows(values, layer.kernel, layer.stride, layer.padding, places)
    chosen = run.arithmetic.largest(seen)
    return pick(x, chosen, layer.kernel, layer.stride, layer.padding)


def _avg_pool(run: Run, layer: layers.AvgPool, x: Any, path: str) -> Any:
    rows, columns = layer.output_shape(x.shape)[2:]
    padded = anp.pad(x, ((0, 0), (0, 0), *(((layer.padding,) * 2,) * 2)), "constant")
    starts = [[i * layer.stride for i in range(count)] for count in (rows, columns)]
    return _means(run, padded, *([(s, s + layer.kernel) for s in axis] for axis in starts))


def _adaptive_pool(run: Run, layer: layers.AdaptiveAvgPool, x: Any, path: str) -> Any:
    return _means(run, x, *(adaptive_windows(size, layer.size) for size in x.shape[2:]))


def _means(run: Run, x: Any, rows: list[tuple[int, int]], columns: list[tuple[int, int]]) -> Any:
    """Means over all windows of rows and columns, cut off at the edge: two small products."""
    across = anp.matmul(x, _averaging(columns, x.shape[3], x.dtype).T)
    means = anp.matmul(_averaging(rows, x.shape[2], x.dtype), across)
    windows_of = [max(end - begin for begin, end in spans) for spans in (rows, columns)]
    return averaged(means, math.prod(windows_of), run.arithmetic)


def _global_mean(run: Run, layer: Layer, x: Any, path: str) -> Any:
    means = mean_over(x, (2, 3))
    return averaged(means, math.prod(x.shape[2:]), run.arithmetic)


def _averaging(spans: list[tuple[int, int]], length: int, dtype: Any) -> Float64:
    matrix = np.zeros((len(spans), length), dtype)
    for row, (begin, end) in zip(matrix, spans, strict=True):
        row[begin : min(end, length)] = 1 / (min(end, length) - begin)
    return matrix


SAME_VALUES = (layers.MaxPool,)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Meaning] = {
    layers.Conv2d: _convolution,
    layers.BatchNorm: _batch_norm,
    layers.GroupNorm: _group_norm,
    layers.MaxPool: _max_pool,
    layers.AvgPool: _avg_pool,
    layers.AdaptiveAvgPool: _adaptive_pool,
    layers.GlobalAvgPool: _global_mean,
}
"""What each kind of layer computes, by its exact class."""

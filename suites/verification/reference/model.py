"""What every layer computes, in whatever arithmetic the arrays carry: float64, or `autograd`'s."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt
from autograd.scipy.special import erf

from suites import layers
from suites.layers import Layer, adaptive_windows, join, lacking
from suites.verification.reference.arithmetic import Exact
from suites.verification.reference.convolution import convolve, pick, windows
from suites.verification.reference.operations import (
    add_by_channel,
    apply_rows,
    averaged,
    computed,
    multiply,
    scale_by_channel,
    stored,
    sum_by_channel,
)

Float64 = npt.NDArray[np.float64]
Weights = Mapping[str, Any]
EXACT = Exact()


class NoReference(ValueError):
    """The reference cannot do this work; the message says what it lacks."""


@dataclass
class Pass:
    """One pass of a model over a batch. `averages` collects what training makes of BatchNorm's."""

    weights: Weights
    training: bool = False
    arithmetic: Exact = field(default_factory=Exact)
    averages: dict[str, Any] = field(default_factory=dict)

    def apply(self, layer: Layer, x: Any, path: str = "") -> Any:
        """The layer's output for x."""
        if type(layer) not in MEANINGS:
            reason = lacking("the reference", layer, MEANINGS)
            raise NoReference(f"{reason}; see docs/adding.md")
        y = MEANINGS[type(layer)](self, layer, x, path)
        return y if type(layer) in _SAME_VALUES else stored(y, self.arithmetic)

    def weight(self, path: str, name: str) -> Any:
        """A layer's own parameter."""
        return self.weights[join(path, name)]


def _sequential(run: Pass, layer: layers.Sequential, x: Any, path: str) -> Any:
    for name, child in layer.children:
        x = run.apply(child, x, join(path, name))
    return x


def _concat(run: Pass, layer: layers.Concat, x: Any, path: str) -> Any:
    parts = [run.apply(child, x, join(path, name)) for name, child in layer.children]
    return anp.concatenate(parts, axis=1)


def _residual(run: Pass, layer: layers.Residual, x: Any, path: str) -> Any:
    beside = x
    if layer.shortcut is not None:
        beside = run.apply(layer.shortcut, x, join(path, "shortcut"))
    return beside + run.apply(layer.body, x, join(path, "body"))


def _gated(run: Pass, layer: layers.Gated, x: Any, path: str) -> Any:
    return x * run.apply(layer.body, x, join(path, "body"))


def _product(run: Pass, a: Any, b: Any) -> Any:
    return multiply(a, b, run.arithmetic)


def _affine(run: Pass, x: Any, weight: Any, bias: Any = None) -> Any:
    """x [..., k] times weight [o, k], plus a bias [o]."""
    rows = anp.reshape(x, (-1, x.shape[-1]))
    y = anp.reshape(apply_rows(rows, weight, run.arithmetic), (*x.shape[:-1], len(weight)))
    return y if bias is None else add_by_channel(y, bias, -1, run.arithmetic)


def _linear(run: Pass, layer: layers.Linear, x: Any, path: str) -> Any:
    bias = run.weight(path, "bias") if layer.bias else None
    return _affine(run, x, run.weight(path, "weight"), bias)


def _convolution(run: Pass, layer: layers.Conv2d, x: Any, path: str) -> Any:
    weight = run.weight(path, "weight")
    y = convolve(x, weight, layer.stride, layer.padding, layer.groups, run.arithmetic)
    return add_by_channel(y, run.weight(path, "bias"), 1, run.arithmetic) if layer.bias else y


def _batch_norm(run: Pass, layer: layers.BatchNorm, x: Any, path: str) -> Any:
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


def _moments(run: Pass, x: Any, axis: int) -> tuple[Any, Any]:
    """Mean and variance over all axes but this one."""
    count = math.prod(x.shape) / x.shape[axis]
    mean = sum_by_channel(x, axis, run.arithmetic) / count
    if run.arithmetic.squares_first:
        squares = sum_by_channel(x**2, axis, run.arithmetic) / count
        return mean, anp.maximum(squares - mean**2, 0)
    centred = add_by_channel(x, -mean, axis, run.arithmetic)
    return mean, sum_by_channel(centred**2, axis, run.arithmetic) / count


def _group_norm(run: Pass, layer: layers.GroupNorm, x: Any, path: str) -> Any:
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


def _layer_norm(run: Pass, layer: layers.LayerNorm, x: Any, path: str) -> Any:
    mean = _mean(x, -1)
    centred = x - mean
    if run.arithmetic.squares_first:
        variance = anp.maximum(_mean(x**2, -1) - mean**2, 0)
    else:
        variance = _mean(centred**2, -1)
    scaled = centred * computed(1 / anp.sqrt(variance + layer.eps), run.arithmetic)
    weighted = scale_by_channel(scaled, run.weight(path, "weight"), -1, run.arithmetic)
    return add_by_channel(weighted, run.weight(path, "bias"), -1, run.arithmetic)


def _attention(run: Pass, layer: layers.SelfAttention, x: Any, path: str) -> Any:
    batch, sequence, width = x.shape
    inner = _affine(run, x, run.weight(path, "in_weight"), run.weight(path, "in_bias"))
    heads = anp.reshape(inner, (batch, sequence, 3, layer.heads, width // layer.heads))
    q, k, v = (anp.transpose(heads[:, :, i], (0, 2, 1, 3)) for i in range(3))
    scores = _product(run, q, anp.transpose(k, (0, 1, 3, 2))) / math.sqrt(width // layer.heads)
    powers = computed(anp.exp(scores - _largest(scores)), run.arithmetic)
    shares = powers / anp.sum(powers, axis=-1, keepdims=True)
    joined = anp.reshape(
        anp.transpose(_product(run, shares, v), (0, 2, 1, 3)), (batch, sequence, width)
    )
    return _affine(run, joined, run.weight(path, "out_weight"), run.weight(path, "out_bias"))


def _max_pool(run: Pass, layer: layers.MaxPool, x: Any, path: str) -> Any:
    places = layer.output_shape(x.shape)[2:]
    values = getattr(x, "_value", x)  # the choice of an element is no differentiable step
    seen = windows(values, layer.kernel, layer.stride, layer.padding, places)
    chosen = run.arithmetic.largest(seen)
    return pick(x, chosen, layer.kernel, layer.stride, layer.padding)


def _avg_pool(run: Pass, layer: layers.AvgPool, x: Any, path: str) -> Any:
    rows, columns = layer.output_shape(x.shape)[2:]
    padded = anp.pad(x, ((0, 0), (0, 0), *(((layer.padding,) * 2,) * 2)), "constant")
    starts = [[i * layer.stride for i in range(count)] for count in (rows, columns)]
    return _means(run, padded, *([(s, s + layer.kernel) for s in axis] for axis in starts))


def _adaptive_pool(run: Pass, layer: layers.AdaptiveAvgPool, x: Any, path: str) -> Any:
    return _means(run, x, *(adaptive_windows(size, layer.size) for size in x.shape[2:]))


def _means(run: Pass, x: Any, rows: list[tuple[int, int]], columns: list[tuple[int, int]]) -> Any:
    """Means over all windows of rows and columns, cut off at the edge: two small products."""
    across = anp.matmul(x, _averaging(columns, x.shape[3], x.dtype).T)
    means = anp.matmul(_averaging(rows, x.shape[2], x.dtype), across)
    windows_of = [max(end - begin for begin, end in spans) for spans in (rows, columns)]
    return averaged(means, math.prod(windows_of), run.arithmetic)


def _global_mean(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    means = _mean(x, (2, 3))
    return averaged(means, math.prod(x.shape[2:]), run.arithmetic)


def _averaging(spans: list[tuple[int, int]], length: int, dtype: Any) -> Float64:
    matrix = np.zeros((len(spans), length), dtype)
    for row, (begin, end) in zip(matrix, spans, strict=True):
        row[begin : min(end, length)] = 1 / (min(end, length) - begin)
    return matrix


def _rectified(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    return x * _passing(run, x, math.inf)


def _rectified_6(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    passes = _passing(run, x, 6.0)
    values = getattr(x, "_value", x)
    at_six = (values >= 3.0) & ~passes
    return x * passes + 6 * at_six.astype(values.dtype)


def _passing(run: Pass, x: Any, high: float) -> Any:
    return run.arithmetic.between(getattr(x, "_value", x), 0.0, high)


def _sigmoid(run: Pass, x: Any) -> Any:
    return computed(0.5 * (anp.tanh(0.5 * x) + 1), run.arithmetic)


def _gelu(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    return 0.5 * x * computed(1 + erf(x / math.sqrt(2)), run.arithmetic)


_SAME_VALUES = (
    *(layers.Sequential, layers.Concat, layers.Flatten, layers.FirstToken, layers.Embedding),
    *(layers.Dropout, layers.StochasticDepth, layers.ReLU, layers.ReLU6, layers.MaxPool),
)
"""Layers that round nothing."""

MEANINGS: dict[type[Layer], Callable[[Pass, Any, Any, str], Any]] = {
    layers.Sequential: _sequential,
    layers.Concat: _concat,
    layers.Residual: _residual,
    layers.Gated: _gated,
    layers.Linear: _linear,
    layers.Conv2d: _convolution,
    layers.BatchNorm: _batch_norm,
    layers.LayerNorm: _layer_norm,
    layers.GroupNorm: _group_norm,
    layers.SelfAttention: _attention,
    layers.MaxPool: _max_pool,
    layers.AvgPool: _avg_pool,
    layers.AdaptiveAvgPool: _adaptive_pool,
    layers.ReLU: _rectified,
    layers.ReLU6: _rectified_6,
    layers.GlobalAvgPool: _global_mean,
    layers.Sigmoid: lambda run, layer, x, path: _sigmoid(run, x),
    layers.SiLU: lambda run, layer, x, path: x * _sigmoid(run, x),
    layers.GELU: _gelu,
    layers.Tanh: lambda run, layer, x, path: computed(anp.tanh(x), run.arithmetic),
    layers.Dropout: lambda run, layer, x, path: x,
    layers.StochasticDepth: lambda run, layer, x, path: x,
    layers.Flatten: lambda run, layer, x, path: anp.reshape(x, (x.shape[0], -1)),
    layers.FirstToken: lambda run, layer, x, path: x[:, 0],
    layers.Embedding: lambda run, layer, x, path: run.weight(path, "weight")[x],
    layers.Positions: lambda run, layer, x, path: x + run.weight(path, "weight")[: x.shape[1]],
    layers.Segment: lambda run, layer, x, path: x + run.weight(path, "weight")[0],
}
"""What each kind of layer computes, by its exact class."""


def _mean(x: Any, axis: int | tuple[int, ...]) -> Any:
    """Means, the axes kept. Not `autograd`'s: the gradient of that is float64 whatever x is."""
    sums = anp.sum(x, axis=axis, keepdims=True)
    return sums / (math.prod(x.shape) // math.prod(sums.shape))


def _largest(x: Any) -> Any:
    """Along the last axis, as constants: what they are taken for cancels, and their gradient."""
    return getattr(x, "_value", x).max(axis=-1, keepdims=True)


def cross_entropy(logits: Any, labels: npt.NDArray[Any], arithmetic: Exact = EXACT) -> Any:
    """Mean over all labels of -log softmax(logits)[label]; the classes are the last axis."""
    flat = anp.reshape(logits, (-1, logits.shape[-1]))
    shifted = flat - _largest(flat)
    powers = computed(anp.exp(shifted), arithmetic)
    log_total = anp.log(anp.sum(powers, axis=1))
    losses = log_total - shifted[np.arange(labels.size), labels.ravel()]
    return anp.sum(losses) / labels.size

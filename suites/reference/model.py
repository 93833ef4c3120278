"""What every layer computes, in whatever arithmetic the arrays carry: float64, or `autograd`'s."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import autograd.numpy as anp
import numpy as np
import numpy.typing as npt
from autograd.scipy.special import erf

from suites import layers
from suites.layers import Layer, adaptive_windows, join
from suites.reference.operations import convolve, pick, windows

Float64 = npt.NDArray[np.float64]
Weights = Mapping[str, Any]
Choice = npt.NDArray[np.int64]


class NoReference(ValueError):
    """The reference cannot do this work; the message says what it lacks."""


class Kinks(Protocol):
    """How the points are decided at which a derivative jumps."""

    def between(self, x: Any, low: float, high: float) -> Any:
        """Where low < x < high, as booleans: there x passes, and its gradient."""

    def largest(self, seen: Float64) -> Choice:
        """Which value is taken from every window, the last axis of `seen`."""


class Exact:
    """Kinks decided by the values as they are."""

    def between(self, x: Any, low: float, high: float) -> Any:
        return (x > low) & (x < high)

    def largest(self, seen: Float64) -> Choice:
        chosen: Choice = np.argmax(seen, axis=-1)
        return chosen


@dataclass
class Pass:
    """One pass of a model over a batch. `averages` collects what training makes of BatchNorm's."""

    weights: Weights
    training: bool = False
    kinks: Kinks = field(default_factory=Exact)
    averages: dict[str, Any] = field(default_factory=dict)

    def apply(self, layer: Layer, x: Any, path: str = "") -> Any:
        """The layer's output for x."""
        match layer:
            case layers.Sequential():
                for name, child in layer.children:
                    x = self.apply(child, x, join(path, name))
                return x
            case layers.Concat():
                parts = [self.apply(child, x, join(path, name)) for name, child in layer.children]
                return anp.concatenate(parts, axis=1)
            case layers.Residual():
                beside = x
                if layer.shortcut is not None:
                    beside = self.apply(layer.shortcut, x, join(path, "shortcut"))
                return beside + self.apply(layer.body, x, join(path, "body"))
            case layers.Gated():
                return x * self.apply(layer.body, x, join(path, "body"))
        return self._leaf(layer, x, path)

    def _leaf(self, layer: Layer, x: Any, path: str) -> Any:
        for kind, compute in _LEAVES.items():
            if isinstance(layer, kind):
                return compute(self, layer, x, path)
        raise NoReference(f"the reference has no {type(layer).__name__}; see docs/adding.md")

    def weight(self, path: str, name: str) -> Any:
        """A layer's own parameter."""
        return self.weights[join(path, name)]


def _linear(run: Pass, layer: layers.Linear, x: Any, path: str) -> Any:
    y = anp.dot(x, anp.transpose(run.weight(path, "weight")))
    return y + run.weight(path, "bias") if layer.bias else y


def _convolution(run: Pass, layer: layers.Conv2d, x: Any, path: str) -> Any:
    y = convolve(x, run.weight(path, "weight"), layer.stride, layer.padding, layer.groups)
    return y + _by_channel(run.weight(path, "bias")) if layer.bias else y


def _batch_norm(run: Pass, layer: layers.BatchNorm, x: Any, path: str) -> Any:
    mean, variance = run.weight(path, "running_mean"), run.weight(path, "running_var")
    if run.training:
        batch_mean, batch_variance = anp.mean(x, axis=(0, 2, 3)), anp.var(x, axis=(0, 2, 3))
        count = math.prod(x.shape) / x.shape[1]
        unbiased = batch_variance * (count / (count - 1))
        for name, old, new in (
            ("running_mean", mean, batch_mean),
            ("running_var", variance, unbiased),
        ):
            run.averages[join(path, name)] = old + layer.momentum * (new - old)
        mean, variance = batch_mean, batch_variance
    scale = run.weight(path, "weight") / anp.sqrt(variance + layer.eps)
    return x * _by_channel(scale) + _by_channel(run.weight(path, "bias") - mean * scale)


def _layer_norm(run: Pass, layer: layers.LayerNorm, x: Any, path: str) -> Any:
    centred = x - anp.mean(x, axis=-1, keepdims=True)
    variance = anp.mean(centred**2, axis=-1, keepdims=True)
    scaled = centred / anp.sqrt(variance + layer.eps)
    return scaled * run.weight(path, "weight") + run.weight(path, "bias")


def _attention(run: Pass, layer: layers.SelfAttention, x: Any, path: str) -> Any:
    batch, sequence, width = x.shape
    inner = anp.dot(x, anp.transpose(run.weight(path, "in_weight"))) + run.weight(path, "in_bias")
    heads = anp.reshape(inner, (batch, sequence, 3, layer.heads, width // layer.heads))
    q, k, v = (anp.transpose(heads[:, :, i], (0, 2, 1, 3)) for i in range(3))
    scores = anp.matmul(q, anp.transpose(k, (0, 1, 3, 2))) / math.sqrt(width // layer.heads)
    shares = anp.exp(scores - anp.max(scores, axis=-1, keepdims=True))
    shares = shares / anp.sum(shares, axis=-1, keepdims=True)
    joined = anp.reshape(
        anp.transpose(anp.matmul(shares, v), (0, 2, 1, 3)), (batch, sequence, width)
    )
    out = anp.dot(joined, anp.transpose(run.weight(path, "out_weight")))
    return out + run.weight(path, "out_bias")


def _max_pool(run: Pass, layer: layers.MaxPool, x: Any, path: str) -> Any:
    places = layer.output_shape(x.shape)[2:]
    values = getattr(x, "_value", x)  # the choice of an element is no differentiable step
    seen = windows(values, layer.kernel, layer.stride, layer.padding, places)
    chosen = run.kinks.largest(seen)
    return pick(x, chosen, layer.kernel, layer.stride, layer.padding)


def _avg_pool(run: Pass, layer: layers.AvgPool, x: Any, path: str) -> Any:
    rows, columns = layer.output_shape(x.shape)[2:]
    padded = anp.pad(x, ((0, 0), (0, 0), *(((layer.padding,) * 2,) * 2)), "constant")
    starts = [[i * layer.stride for i in range(count)] for count in (rows, columns)]
    return _means(padded, *([(s, s + layer.kernel) for s in axis] for axis in starts))


def _adaptive_pool(run: Pass, layer: layers.AdaptiveAvgPool, x: Any, path: str) -> Any:
    return _means(x, *(adaptive_windows(size, layer.size) for size in x.shape[2:]))


def _means(x: Any, rows: list[tuple[int, int]], columns: list[tuple[int, int]]) -> Any:
    """Means over all windows of rows and columns, cut off at the edge: two small products."""
    across = anp.matmul(x, _averaging(columns, x.shape[3], x.dtype).T)
    return anp.matmul(_averaging(rows, x.shape[2], x.dtype), across)


def _averaging(spans: list[tuple[int, int]], length: int, dtype: Any) -> Float64:
    matrix = np.zeros((len(spans), length), dtype)
    for row, (begin, end) in zip(matrix, spans, strict=True):
        row[begin : min(end, length)] = 1 / (min(end, length) - begin)
    return matrix


def _rectified(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    return x * run.kinks.between(x, 0.0, math.inf)


def _rectified_6(run: Pass, layer: Layer, x: Any, path: str) -> Any:
    passes = run.kinks.between(x, 0.0, 6.0)
    values = getattr(x, "_value", x)
    return x * passes + 6.0 * ((values >= 3.0) & ~passes)


def _sigmoid(x: Any) -> Any:
    return 0.5 * (anp.tanh(0.5 * x) + 1)


def _by_channel(values: Any) -> Any:
    return anp.reshape(values, (1, -1, 1, 1))


_LEAVES: dict[type[Layer], Callable[[Pass, Any, Any, str], Any]] = {
    layers.Linear: _linear,
    layers.Conv2d: _convolution,
    layers.BatchNorm: _batch_norm,
    layers.LayerNorm: _layer_norm,
    layers.SelfAttention: _attention,
    layers.MaxPool: _max_pool,
    layers.AvgPool: _avg_pool,
    layers.AdaptiveAvgPool: _adaptive_pool,
    layers.ReLU: _rectified,
    layers.ReLU6: _rectified_6,
    layers.GlobalAvgPool: lambda run, layer, x, path: anp.mean(x, axis=(2, 3), keepdims=True),
    layers.Sigmoid: lambda run, layer, x, path: _sigmoid(x),
    layers.SiLU: lambda run, layer, x, path: x * _sigmoid(x),
    layers.GELU: lambda run, layer, x, path: 0.5 * x * (1 + erf(x / math.sqrt(2))),
    layers.Tanh: lambda run, layer, x, path: anp.tanh(x),
    layers.Dropout: lambda run, layer, x, path: x,
    layers.StochasticDepth: lambda run, layer, x, path: x,
    layers.Flatten: lambda run, layer, x, path: anp.reshape(x, (x.shape[0], -1)),
    layers.FirstToken: lambda run, layer, x, path: x[:, 0],
    layers.Embedding: lambda run, layer, x, path: run.weight(path, "weight")[x],
    layers.Positions: lambda run, layer, x, path: x + run.weight(path, "weight")[: x.shape[1]],
    layers.Segment: lambda run, layer, x, path: x + run.weight(path, "weight")[0],
}


def cross_entropy(logits: Any, labels: npt.NDArray[Any]) -> Any:
    """Mean over all labels of -log softmax(logits)[label]; the classes are the last axis."""
    flat = anp.reshape(logits, (-1, logits.shape[-1]))
    shifted = flat - anp.max(flat, axis=1, keepdims=True)
    log_total = anp.log(anp.sum(anp.exp(shifted), axis=1))
    return anp.mean(log_total - shifted[np.arange(labels.size), labels.ravel()])

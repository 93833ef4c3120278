"""Small networks in float32 NumPy, forward and backward: linear layers, convolutions, rectifiers,
a global average. Each product goes through one function, so that its arithmetic can be another."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from frameworks.interface import Unsupported
from suites.layers import Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Sequential, walk

Dot = Callable[[Any, Any], Any]
Backward = Callable[[Any, dict[str, Any]], Any]
"""From the gradient of a layer's output to that of its input; adds those of its weights."""


class Network:
    """A model as a chain of layers with weights by path. Raises Unsupported for other layers."""

    def __init__(self, model: Any, shape: Any, weights: Any, dot: Dot) -> None:
        self.weights = {path: array.astype(np.float32) for path, array in weights.items()}
        self._dot = dot
        nodes = [node for node in walk(model, shape) if not isinstance(node.layer, Sequential)]
        self._chain = [(node.path, node.layer) for node in nodes]
        for path, layer in self._chain:
            if type(layer) not in LAYERS or getattr(layer, "groups", 1) > 1:
                raise Unsupported(f"the simulated device has no {type(layer).__name__} as {path}")

    def forward(self, x: Any) -> Any:
        """The output [batch, ...]."""
        return self._through(x)[0]

    def gradients(self, x: Any, labels: Any) -> tuple[Any, dict[str, Any]]:
        """Mean cross-entropy, and its gradient by path."""
        logits, backward = self._through(x)
        loss, gradient = cross_entropy(logits, labels)
        found: dict[str, Any] = {}
        for step in reversed(backward):
            gradient = step(gradient, found)
        return loss, found

    def _through(self, x: Any) -> tuple[Any, list[Backward]]:
        backward = []
        for path, layer in self._chain:
            x, step = LAYERS[type(layer)](self, path, layer, x)
            backward.append(step)
        return x, backward

    def linear(self, path: str, layer: Linear, x: Any) -> tuple[Any, Backward]:
        weight = self.weights[f"{path}.weight"]
        y = self._dot(x, np.ascontiguousarray(weight.T))
        if layer.bias:
            y = y + self.weights[f"{path}.bias"]

        def backward(gradient: Any, found: dict[str, Any]) -> Any:
            found[f"{path}.weight"] = self._dot(np.ascontiguousarray(gradient.T), x)
            if layer.bias:
                found[f"{path}.bias"] = gradient.sum(0)
            return self._dot(gradient, weight)

        return y, backward

    def convolution(self, path: str, layer: Conv2d, x: Any) -> tuple[Any, Backward]:
        weight = self.weights[f"{path}.weight"].reshape(layer.outputs, -1)
        batch, _, rows, columns = layer.output_shape(x.shape)
        seen = _columns(layer, x)  # [batch rows columns, inputs kernel kernel]
        y = self._dot(seen, np.ascontiguousarray(weight.T))
        if layer.bias:
            y = y + self.weights[f"{path}.bias"]
        y = np.ascontiguousarray(y.reshape(batch, rows, columns, -1).transpose(0, 3, 1, 2))

        def backward(gradient: Any, found: dict[str, Any]) -> Any:
            flat = gradient.transpose(0, 2, 3, 1).reshape(-1, layer.outputs)
            shape = self.weights[f"{path}.weight"].shape
            found[f"{path}.weight"] = self._dot(np.ascontiguousarray(flat.T), seen).reshape(shape)
            if layer.bias:
                found[f"{path}.bias"] = flat.sum(0)
            return _scattered(layer, self._dot(flat, weight), x.shape, (rows, columns))

        return y, backward


def cross_entropy(logits: Any, labels: Any) -> tuple[Any, Any]:
    """Mean of -log softmax(logits)[label], and its gradient."""
    z = logits - logits.max(1, keepdims=True)
    e = np.exp(z)
    total = e.sum(1, keepdims=True)
    places = np.arange(len(labels)), labels
    loss = np.asarray(np.mean(np.log(total[:, 0]) - z[places]), np.float32)
    gradient = e / total
    gradient[places] -= 1
    return loss, (gradient / np.float32(len(labels))).astype(np.float32)


def _columns(layer: Conv2d, x: Any) -> Any:
    """What every place of the output sees, a row each."""
    window = layer.window(x.shape)
    padded = np.pad(x, ((0, 0), (0, 0), *window.edges))
    down, across = window.stride
    view = sliding_window_view(padded, window.kernel, axis=(2, 3))[:, :, ::down, ::across]
    width = layer.inputs * math.prod(window.kernel)
    return np.ascontiguousarray(view.transpose(0, 2, 3, 1, 4, 5)).reshape(-1, width)


def _scattered(layer: Conv2d, seen: Any, shape: Any, places: tuple[int, int]) -> Any:
    """The reverse of `_columns`: every value added where it came from."""
    batch, inputs, height, width = shape
    window = layer.window(shape)
    (above, below), (left, right) = window.edges
    x = np.zeros((batch, inputs, above + height + below, left + width + right), np.float32)
    seen = seen.reshape(batch, *places, inputs, *window.kernel)
    for i, j in np.ndindex(window.kernel):
        down, across = (
            slice(begin, begin + step * count, step)
            for begin, step, count in zip((i, j), window.stride, places, strict=True)
        )
        x[:, :, down, across] += seen[..., i, j].transpose(0, 3, 1, 2)
    return x[:, :, above : above + height, left : left + width]


def _rectified(network: Network, path: str, layer: ReLU, x: Any) -> tuple[Any, Backward]:
    return np.maximum(x, 0), lambda gradient, found: gradient * (x > 0)


def _flattened(network: Network, path: str, layer: Flatten, x: Any) -> tuple[Any, Backward]:
    return x.reshape(len(x), -1), lambda gradient, found: gradient.reshape(x.shape)


def _averaged(network: Network, path: str, layer: GlobalAvgPool, x: Any) -> tuple[Any, Backward]:
    def backward(gradient: Any, found: dict[str, Any]) -> Any:
        share = gradient / np.float32(x.shape[2] * x.shape[3])
        return np.broadcast_to(share, x.shape).astype(np.float32)

    return x.mean(axis=(2, 3), keepdims=True), backward


LAYERS: dict[type, Any] = {
    Linear: Network.linear,
    Conv2d: Network.convolution,
    ReLU: _rectified,
    Flatten: _flattened,
    GlobalAvgPool: _averaged,
}

"""Convolutions over [batch, ..., channels], and what the framework's own cannot do on a CPU."""

from __future__ import annotations

import functools
import operator
from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.shared import windows
from frameworks.shared.channels_last import PLANE, depthwise
from frameworks.tf.edges import framed
from frameworks.tf.elementwise import biased
from frameworks.tf.images import Apply
from suites.layers import ConvTranspose2d
from suites.layers.convolution import Convolution

Convolve = Callable[[Convolution, Any, Any], Any]
"""Layer, image and kernel to image."""

KERNEL_AXES = (2, 3, 1, 0)
"""Height, width, inputs, outputs; of a transposed convolution height, width, outputs, inputs."""

DEPTHWISE_AXES = (2, 3, 0, 1)
"""Height, width, inputs, outputs of each."""


def convolution(
    layer: Convolution, weight: Any, bias: Any = None, *, on_cpu: bool, xla: bool
) -> Apply:
    way = _way(layer, on_cpu, xla)

    def apply(x: Any) -> Any:
        y = way(layer, x, weight)
        return y if bias is None else biased(y, bias)

    if layer.axes > 1:
        return apply
    # Its own convolution along one axis wants the channels last, where no sequence has them here.
    return lambda x: tf.transpose(apply(tf.transpose(x, (0, 2, 1))), (0, 2, 1))


def _way(layer: Convolution, on_cpu: bool, xla: bool) -> Convolve:
    """On the CPU groups have no gradients, and no convolution where a bias is fused to it, unless
    oneDNN runs them, which depends on the processor. XLA's depthwise convolution is many times
    slower than its windows one by one, its gradient up to a thousand times."""
    if depthwise(layer) and layer.axes == PLANE:
        own = layer.dilation == 1 and isinstance(layer.stride, int)
        return by_window if (on_cpu and xla) or not own else by_channel
    if layer.groups > 1 and (on_cpu or layer.axes != PLANE):
        return by_group
    return whole


def whole(layer: Convolution, x: Any, kernel: Any) -> Any:
    image, padding = _framed(layer, x)
    return _convolved(layer, image, kernel, padding)


def by_group(layer: Convolution, x: Any, kernel: Any) -> Any:
    """Every group as a convolution of its own."""
    image, padding = _framed(layer, x)
    parts = zip(tf.split(image, layer.groups, -1), tf.split(kernel, layer.groups, -1), strict=True)
    return tf.concat([_convolved(layer, part, own, padding) for part, own in parts], -1)


LAST = {1: "NWC", 2: "NHWC", 3: "NDHWC"}
"""Names of the layout by number of axes, said because eager gradients of three read it."""


def _convolved(layer: Convolution, x: Any, kernel: Any, padding: str) -> Any:
    last = LAST[layer.axes]
    if layer.dilation == 1:
        return tf.nn.convolution(x, kernel, layer.stride, padding, data_format=last)
    # It takes a stride of 1 alone where places lie apart.
    y = tf.nn.convolution(x, kernel, padding=padding, dilations=layer.dilation, data_format=last)
    steps = (layer.stride,) * layer.axes if isinstance(layer.stride, int) else layer.stride
    return y[(slice(None), *(slice(None, None, step) for step in steps))]


def by_channel(layer: Convolution, x: Any, kernel: Any) -> Any:
    """Depthwise."""
    image, padding = _framed(layer, x)
    return tf.nn.depthwise_conv2d(image, kernel, (1, layer.stride, layer.stride, 1), padding)


def by_window(layer: Convolution, x: Any, kernel: Any) -> Any:
    """Depthwise, as the sum over the kernel's places of the image, shifted and scaled: float32."""
    window = layer.window(windows.described(x.shape))
    image, _ = framed(window, tf.cast(x, tf.float32), 0.0, same=False)
    factors = tf.cast(kernel, tf.float32)
    each = tf.unstack(tf.reshape(factors, (-1, *factors.shape[2:])))
    terms = [
        image[(slice(None), *spans)][..., None] * factor
        for spans, factor in zip(windows.views(window), each, strict=True)
    ]
    y = functools.reduce(operator.add, terms)  # [batch, rows, columns, inputs, outputs of each]
    return tf.cast(tf.reshape(y, (*y.shape[:3], layer.outputs)), x.dtype)


def _framed(layer: Convolution, x: Any) -> tuple[Any, str]:
    described = (x.shape[0], layer.inputs, *x.shape[1:-1])
    return framed(layer.window(described), x, 0.0, same=layer.dilation == 1)


def transposed(layer: ConvTranspose2d, weight: Any, bias: Any = None) -> Apply:
    def apply(x: Any) -> Any:
        described = windows.described(x.shape)
        window, (rows, columns) = layer.window(described), layer.output_shape(described)[2:]
        (above, below), (left, right) = window.edges
        whole = (x.shape[0], above + rows + below, left + columns + right, layer.outputs)
        y = tf.nn.conv2d_transpose(x, weight, whole, layer.stride, "VALID")
        y = y[:, above : above + rows, left : left + columns]
        return y if bias is None else biased(y, bias)

    return apply

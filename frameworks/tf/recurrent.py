"""Recurrent layers: loops in the graph as Keras makes them, or cuDNN's kernel as Keras calls it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from frameworks.tf.elementwise import biased
from frameworks.tf.images import Apply
from suites.layers import GRU, LSTM, RNN
from suites.layers.recurrent import Recurrent

Cell = Callable[[Any, Any, Any, Any], tuple[Any, ...]]
"""The states after a place: of what the gates have of its input, with its bias; the states before;
the recurrent weight [width, gates x width] and its bias, which `_gru` alone needs: the others have
both in one. The first state is the result."""


def _lstm(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    h, c = states
    i, f, g, o = tf.split(given + tf.matmul(h, weight), 4, axis=1)
    c = tf.sigmoid(f) * c + tf.sigmoid(i) * tf.tanh(g)
    return tf.sigmoid(o) * tf.tanh(c), c


def _gru(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    (h,) = states
    of_r, of_z, of_n = tf.split(given, 3, axis=1)
    inner_r, inner_z, inner_n = tf.split(biased(tf.matmul(h, weight), bias), 3, axis=1)
    r, z = tf.sigmoid(of_r + inner_r), tf.sigmoid(of_z + inner_z)
    return ((1 - z) * tf.tanh(of_n + r * inner_n) + z * h,)


def _rnn(given: Any, states: Any, weight: Any, bias: Any) -> tuple[Any, ...]:
    return (tf.tanh(given + tf.matmul(states[0], weight)),)


CELLS: dict[type[Recurrent], tuple[Cell, int, str]] = {
    LSTM: (_lstm, 2, "lstm"),
    GRU: (_gru, 1, "gru"),
    RNN: (_rnn, 1, "rnn_tanh"),
}
"""The cell, how many states it has, and what cuDNN calls it."""


def recurrent(layer: Recurrent, weights: Mapping[str, Any], *, xla: bool) -> Apply:
    """The layer as a function, with its weights by name. XLA cannot call cuDNN's kernel, which has
    no bfloat16, and Metal has none."""
    has_kernel = bool(tf.config.list_logical_devices("GPU")) and tf.test.is_built_with_cuda()

    def apply(x: Any) -> Any:
        fused = has_kernel and not xla and x.dtype != tf.bfloat16
        way = _by_cudnn if fused else _by_loop
        x = tf.transpose(x, (1, 0, 2))  # [sequence, batch, width]
        for endings in layer.passes():
            ways = [_one_way(layer, way, x, weights, ending) for ending in endings]
            x = ways[0] if len(ways) == 1 else tf.concat(ways, 2)
        return tf.transpose(x, (1, 0, 2))

    return apply


def _one_way(
    layer: Recurrent, way: Callable[..., Any], x: Any, weights: Mapping[str, Any], ending: str
) -> Any:
    names = ("weight_ih", "weight_hh", "bias_ih", "bias_hh")
    own = [weights[name + ending] for name in names]
    if not ending.endswith("_reverse"):
        return way(layer, x, *own)
    return tf.reverse(way(layer, tf.reverse(x, (0,)), *own), (0,))


def _by_loop(layer: Recurrent, x: Any, weight: Any, inner: Any, bias: Any, inner_bias: Any) -> Any:
    cell, count, _ = CELLS[type(layer)]
    sequence, batch, inputs = x.shape
    if cell is not _gru:
        bias = bias + inner_bias
    rows = biased(tf.matmul(tf.reshape(x, (-1, inputs)), weight), bias)
    given = tf.TensorArray(x.dtype, sequence, element_shape=(batch, rows.shape[1]))
    given = given.unstack(tf.reshape(rows, (sequence, batch, -1)))
    results = tf.TensorArray(x.dtype, sequence, element_shape=(batch, layer.width))

    def step(place: Any, results: Any, *states: Any) -> tuple[Any, ...]:
        states = cell(given.read(place), states, inner, inner_bias)
        return place + 1, results.write(place, states[0]), *states

    begin = (tf.zeros((batch, layer.width), x.dtype),) * count
    _, results, *_ = tf.while_loop(
        lambda place, *_: place < sequence,
        step,
        (tf.constant(0), results, *begin),
        parallel_iterations=32,
        maximum_iterations=sequence,
    )
    return results.stack()


def _by_cudnn(layer: Recurrent, x: Any, weight: Any, inner: Any, *biases: Any) -> Any:
    """The description has gates in cuDNN's order, so its arrays lie there one after the other."""
    sequence, batch, _ = x.shape
    begin = tf.zeros((1, batch, layer.width), x.dtype)
    mode = CELLS[type(layer)][2]
    matrices = [tf.reshape(tf.transpose(matrix), (-1,)) for matrix in (weight, inner)]
    results, *_ = tf.raw_ops.CudnnRNNV3(
        input=x,
        input_h=begin,
        input_c=begin if mode == "lstm" else 0,
        params=tf.concat([*matrices, *biases], 0),
        sequence_lengths=tf.fill((batch,), sequence),
        rnn_mode=mode,
        is_training=True,  # as Keras: of another mode there is no gradient
        time_major=True,
    )
    return results

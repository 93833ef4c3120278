"""Operations as TensorFlow's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import tensorflow as tf

from frameworks.interface import Resettable
from frameworks.shared import channels_last as layouts
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.operations import (
    Apply,
    Named,
    elementwise,
    of_x,
    require_float32,
    without_views,
)
from frameworks.shared.operations import gradients as gradients_of
from frameworks.tf.convolutions import DEPTHWISE_AXES, KERNEL_AXES
from frameworks.tf.layers import Model, channels_last, lower
from suites import layers, operations
from suites.data.arrays import Array, Arrays
from suites.operations import Operator

Function = Callable[..., Any]


def build(
    operator: Operator,
    arrays: Arrays,
    place: Function,
    ready: Function,
    compiled: Function,
    dtype: Any,
    on_gpu: bool,
    xla: bool,
) -> Resettable:
    """The operator as a step. `place` copies numbers to the device, `ready` waits for it."""
    require_float32(operator, in_float32=dtype == tf.float32)

    def placed(held: Mapping[str, Array]) -> dict[str, Any]:
        return {n: tf.constant(x) if x.dtype.kind == "i" else place(x) for n, x in held.items()}

    if operator.from_host:
        host = Source(lambda arrays: arrays.batch, arrays)
        there = _back(on_gpu) if isinstance(operator, operations.RoundTrip) else of_x(tf.identity)
        return Resettable(lambda: there({}, placed(host.take())), host.reset)
    model = Model({}, _NOTHING, masks=None, on_cpu=not on_gpu, xla=xla)
    if isinstance(operator, operations.Backward):
        return _backward(operator, arrays, place, ready, compiled, model)
    apply = compiled(_lowered(operator, model))
    weights = ready(placed(arrays.weights)) if arrays.weights else {}
    source = Source(lambda arrays: going_round(ready([placed(x) for x in ring(arrays)])), arrays)
    return Resettable(lambda: apply(weights, source.take()), source.reset)


_NOTHING = layouts.Layout({}, frozenset())


def _back(on_gpu: bool) -> Apply:
    """A host's own memory is the CPU's: there another copy is the way back."""

    def apply(weights: Named, inputs: Named) -> Named:
        with tf.device("CPU:0"):
            return {"output": tf.identity(inputs["x"])}

    return apply if on_gpu else _copy()


def _backward(
    operator: operations.Backward,
    arrays: Arrays,
    place: Function,
    ready: Function,
    compiled: Function,
    inference: Model,
) -> Resettable:
    layer, shape, wanted = operator.layer, operator.shape, operator.wanted
    layout = layouts.channels_last(layer, shape, KERNEL_AXES, DEPTHWISE_AXES, inputs_first=True)
    variables = {
        path: tf.Variable(place(layout.place(path, array)))
        for path, array in arrays.weights.items()
    }
    on_cpu, xla = inference.on_cpu, inference.xla
    model = lower(layer, "", Model(variables, layout, masks={}, on_cpu=on_cpu, xla=xla))

    def placed(batch: Mapping[str, Array]) -> dict[str, Any]:
        return {
            name: tf.constant(x) if x.dtype.kind == "i" else channels_last(place(x))
            for name, x in batch.items()
        }

    def apply(inputs: Named) -> Any:
        x = inputs["x"]
        with tf.GradientTape(watch_accessed_variables=False) as tape:
            sources = {name: x if name == "x" else variables[name] for name in wanted}
            tape.watch(sources)
            value = model(x)
        found = tape.gradient(value, sources, output_gradients=inputs["upstream"])
        return value, {name: tf.convert_to_tensor(g) for name, g in found.items()}

    run = compiled(apply)
    source = Source(lambda arrays: going_round(ready([placed(x) for x in ring(arrays)])), arrays)
    return Resettable(lambda: gradients_of(operator, layout, *run(source.take())), source.reset)


# --- functions ------------------------------------------------------------------------------


def _functions(model: Model) -> Mapping[str, Function]:
    return {
        "add": tf.add,
        "multiply": tf.multiply,
        "relu": tf.nn.relu,
        "exp": tf.exp,
        "tanh": lower(layers.Tanh(), "", model),
        "sigmoid": tf.sigmoid,
        "gelu": lower(layers.GELU(), "", model),
    }


def _product(operator: operations.BatchedProduct) -> Apply:
    def apply(weights: Named, inputs: Named) -> Named:
        right = inputs["right"] if "right" in inputs else weights["right"]
        return {"product": tf.matmul(inputs["left"], right, transpose_b=operator.transposed)}

    return apply


def _reduce(operator: operations.Reduce) -> Apply:
    own = {"sum": tf.reduce_sum, "mean": tf.reduce_mean, "max": tf.reduce_max}[operator.how]
    return of_x(own, axis=operator.axis)


def _attention(operator: operations.Attention) -> Apply:
    """TensorFlow has no operation that does it in one."""

    def apply(weights: Named, inputs: Named) -> Named:
        q, k, v = (inputs[name] for name in ("q", "k", "v"))
        if operator.permuted:
            q, k, v = (tf.transpose(x, (0, 2, 1, 3)) for x in (q, k, v))
        scores = tf.matmul(q * (operator.width**-0.5), k, transpose_b=True)
        if operator.causal:
            seen = tf.linalg.band_part(tf.ones(scores.shape[-2:], tf.bool), -1, 0)
            scores = tf.where(seen, scores, scores.dtype.min)
        return {"output": tf.matmul(tf.nn.softmax(scores), v)}

    return apply


def _fourier(weights: Named, inputs: Named) -> Named:
    found = tf.signal.rfft(inputs["x"])
    return {"real": tf.math.real(found), "imaginary": tf.math.imag(found)}


def _gather(weights: Named, inputs: Named) -> Named:
    return {"output": tf.gather(weights["table"], inputs["index"])}


def _scatter_add(weights: Named, inputs: Named) -> Named:
    index = inputs["index"][:, None]
    return {"output": tf.tensor_scatter_nd_add(weights["table"], index, inputs["updates"])}


def _top_k(operator: operations.TopK) -> Apply:
    return of_x(lambda x: tf.math.top_k(x, operator.k, sorted=False).values)


def _right_answers(weights: Named, inputs: Named) -> Named:
    predicted = tf.argmax(inputs["logits"], axis=1, output_type=tf.int32)
    right = tf.reduce_sum(tf.cast(predicted == inputs["labels"], tf.int32))
    return {"right": right, "predicted": predicted}


def _copy() -> Apply:
    """Times a one that the compiler is not told: its own copies are the same memory again."""
    one = tf.Variable(1.0)
    return of_x(lambda x: x * tf.cast(one, x.dtype))


def _triad(operator: operations.Triad) -> Apply:
    return lambda weights, inputs: {"output": inputs["x"] + operator.factor * inputs["y"]}


def _lowered(operator: Operator, model: Model) -> Apply:
    if isinstance(operator, operations.Elementwise):
        return elementwise(_functions(model))(operator)
    return OPERATIONS[type(operator)](operator)


OPERATIONS: dict[type[Operator], Callable[[Any], Apply]] = {
    operations.AdamStep: without_views("TensorFlow"),
    operations.BatchedProduct: _product,
    operations.Reduce: _reduce,
    operations.Softmax: lambda operator: of_x(tf.nn.softmax, axis=operator.axis),
    operations.CumulativeSum: lambda operator: of_x(tf.cumsum, axis=operator.axis),
    operations.Fourier: lambda operator: _fourier,
    operations.Attention: _attention,
    operations.Gather: lambda operator: _gather,
    operations.ScatterAdd: lambda operator: _scatter_add,
    operations.Sort: lambda operator: of_x(tf.sort, axis=operator.axis),
    operations.TopK: _top_k,
    operations.ArgMax: lambda operator: of_x(tf.argmax, "index", axis=operator.axis),
    operations.RightAnswers: lambda operator: _right_answers,
    operations.Copy: lambda operator: _copy(),
    operations.Triad: _triad,
}
"""How each operator is lowered, by its exact class."""

"""Operations as MLX's own functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import mlx.core as mx
import numpy as np
from mlx import nn

from frameworks.interface import Resettable
from frameworks.mlx.images import layout as layout_of
from frameworks.mlx.layers import lower
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.functional import channels_last
from frameworks.shared.operations import (
    Apply,
    Named,
    adam_step,
    common,
    elementwise,
    heads_first,
    of_x,
    require_float32,
)
from frameworks.shared.operations import gradients as gradients_of
from suites import operations
from suites.data.arrays import Array, Arrays
from suites.operations import Operator


def build(
    operator: Operator, arrays: Arrays, dtype: Any, compiled: Callable[[Any], Any]
) -> Resettable:
    """The operator as a step."""
    require_float32(operator, in_float32=dtype == mx.float32)

    def placed(held: Mapping[str, Array]) -> dict[str, Any]:
        copied = {name: mx.array(array) for name, array in held.items()}
        return {n: x if held[n].dtype.kind == "i" else x.astype(dtype) for n, x in copied.items()}

    if operator.from_host:
        back = isinstance(operator, operations.RoundTrip)
        host = Source(lambda arrays: arrays.batch, arrays)
        return Resettable(lambda: _travelled(placed(host.take())["x"], back), host.reset)
    if isinstance(operator, operations.Backward):
        return _backward(operator, arrays, compiled)
    apply = compiled(OPERATIONS[type(operator)](operator))
    weights = _ready(placed(arrays.weights))
    source = Source(lambda arrays: going_round(_ready([placed(x) for x in ring(arrays)])), arrays)
    return Resettable(lambda: apply(weights, source.take()), source.reset)


def _ready(held: Any) -> Any:
    """The same, when it lies on the device."""
    mx.eval(held)
    return held


def _travelled(x: Any, back: bool) -> Named:
    return {"output": np.array(x.astype(mx.float32)) if back else x}


def _backward(
    operator: operations.Backward, arrays: Arrays, compiled: Callable[[Any], Any]
) -> Resettable:
    layout = layout_of(operator.layer, operator.shape)
    model, wanted = lower(operator.layer, "", layout), operator.wanted

    def placed(batch: Mapping[str, Array]) -> dict[str, Any]:
        return {n: mx.contiguous(channels_last(mx.array(x))) for n, x in batch.items()}

    laid = {path: mx.array(layout.place(path, array)) for path, array in arrays.weights.items()}
    weights = _ready(laid)

    def apply(weights: Named, inputs: Named) -> Any:
        held = {**weights, "x": inputs["x"]}

        def output(*chosen: Any) -> Any:
            every = {**held, **dict(zip(wanted, chosen, strict=True))}
            return model({path: every[path] for path in weights}, every["x"], {})

        primals, upstream = [held[name] for name in wanted], [inputs["upstream"]]
        (value,), found = mx.vjp(output, primals, upstream)
        return value, dict(zip(wanted, found, strict=True))

    run = compiled(apply)
    source = Source(lambda arrays: going_round(_ready([placed(x) for x in ring(arrays)])), arrays)
    return Resettable(
        lambda: gradients_of(operator, layout, *run(weights, source.take())), source.reset
    )


# --- functions ------------------------------------------------------------------------------


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": mx.add,
    "multiply": mx.multiply,
    "relu": nn.relu,
    "exp": mx.exp,
    "tanh": mx.tanh,
    "sigmoid": mx.sigmoid,
    "gelu": nn.gelu,
}


def _fourier(weights: Named, inputs: Named) -> Named:
    found = mx.fft.rfft(inputs["x"])
    return {"real": found.real, "imaginary": found.imag}


def _attention(operator: operations.Attention) -> Apply:
    masked = {"mask": "causal"} if operator.causal else {}

    def apply(weights: Named, inputs: Named) -> Named:
        q, k, v = heads_first(operator, inputs)
        scale = operator.width**-0.5
        return {"output": mx.fast.scaled_dot_product_attention(q, k, v, scale=scale, **masked)}

    return apply


def _scatter_add(weights: Named, inputs: Named) -> Named:
    return {"output": weights["table"].at[inputs["index"]].add(inputs["updates"])}


def _copy(operator: operations.Copy) -> Apply:
    """Times a one that it is not told is one: MLX's own copies are the same memory again."""
    one = mx.array(1.0)
    return of_x(lambda x: x * one.astype(x.dtype))


OPERATIONS: dict[type[Operator], Callable[[Any], Apply]] = {
    **common(mx),
    operations.AdamStep: adam_step(mx, mx.contiguous),
    operations.Elementwise: elementwise(_FUNCTIONS),
    operations.Softmax: lambda operator: of_x(mx.softmax, axis=operator.axis),
    operations.Fourier: lambda operator: _fourier,
    operations.Attention: _attention,
    operations.ScatterAdd: lambda operator: _scatter_add,
    operations.TopK: lambda operator: of_x(lambda x: mx.topk(x, operator.k)),
    operations.Copy: _copy,
}

"""Operations as JAX's own functions, each compiled as a whole."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

from frameworks.interface import Resettable, Unsupported
from frameworks.jax import devices as jax_devices
from frameworks.jax.images import KERNEL_AXES
from frameworks.jax.layers import lower
from frameworks.shared import channels_last as layouts
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.functional import channels_last
from frameworks.shared.operations import (
    Apply,
    Named,
    common,
    elementwise,
    of_x,
    require_float32,
    without_views,
)
from frameworks.shared.operations import gradients as gradients_of
from suites import operations
from suites.data.arrays import Array, Arrays
from suites.operations import Operator


def build(operator: Operator, arrays: Arrays, dtype: Any, *, on_cpu: bool) -> Resettable:
    """The operator as a step."""
    require_float32(operator, in_float32=dtype == jnp.float32)

    def placed(held: Mapping[str, Array]) -> dict[str, Any]:
        copied = jax_devices.copied(held)
        return {n: x if x.dtype.kind in "iu" else x.astype(dtype) for n, x in copied.items()}

    if operator.from_host:
        back = isinstance(operator, operations.RoundTrip)
        host = Source(lambda arrays: arrays.batch, arrays)
        return Resettable(lambda: _travelled(placed(host.take())["x"], back), host.reset)
    if isinstance(operator, operations.Backward):
        return _backward(operator, arrays)
    if isinstance(operator, operations.Attention) and dtype == jnp.float16 and on_cpu:
        raise Unsupported("XLA has no attention in float16 on the CPU")
    apply = jax.jit(OPERATIONS[type(operator)](operator))
    weights = placed(arrays.weights)
    source = Source(lambda arrays: _round([placed(x) for x in ring(arrays)]), arrays)
    return Resettable(lambda: apply(weights, source.take()), source.reset)


def _round(batches: Any) -> Callable[[], Any]:
    return going_round(jax.block_until_ready(batches))


def _travelled(x: Any, back: bool) -> Named:
    """An array that has just come has no copy on the host yet that JAX could give instead."""
    return {"output": np.array(x) if back else x}


def _backward(operator: operations.Backward, arrays: Arrays) -> Resettable:
    layout = layouts.channels_last(operator.layer, operator.shape, KERNEL_AXES)
    model, wanted = lower(operator.layer, "", layout), operator.wanted

    def placed(batch: Mapping[str, Array]) -> dict[str, Any]:
        return {name: channels_last(x) for name, x in jax_devices.copied(batch).items()}

    laid = {path: layout.place(path, array) for path, array in arrays.weights.items()}
    weights = jax.block_until_ready(jax_devices.copied(laid))

    @jax.jit  # type: ignore[untyped-decorator]
    def apply(weights: Named, inputs: Named) -> Any:
        held = {**weights, "x": inputs["x"]}

        def output(chosen: Named) -> Any:
            every = {**held, **chosen}
            return model({path: every[path] for path in weights}, every["x"], {})

        value, back = jax.vjp(output, {name: held[name] for name in wanted})
        return value, back(inputs["upstream"])[0]

    source = Source(lambda arrays: _round([placed(x) for x in ring(arrays)]), arrays)

    def step() -> Named:
        value, gradients = apply(weights, source.take())
        return gradients_of(operator, layout, value, gradients)

    return Resettable(step, source.reset)


# --- functions ------------------------------------------------------------------------------


_FUNCTIONS: Mapping[str, Callable[..., Any]] = {
    "add": jnp.add,
    "multiply": jnp.multiply,
    "relu": jax.nn.relu,
    "exp": jnp.exp,
    "tanh": jnp.tanh,
    "sigmoid": jax.nn.sigmoid,
    "gelu": lambda x: jax.nn.gelu(x, approximate=False),
}


def _fourier(weights: Named, inputs: Named) -> Named:
    found = jnp.fft.rfft(inputs["x"])
    return {"real": found.real, "imaginary": found.imag}


def _attention(operator: operations.Attention) -> Apply:
    if not hasattr(jax.nn, "dot_product_attention"):
        raise Unsupported("JAX before 0.4.31 has no attention of its own")

    def apply(weights: Named, inputs: Named) -> Named:
        q, k, v = (inputs[name] for name in ("q", "k", "v"))
        if not operator.permuted:  # this function's own order is [batch, places, heads, width]
            q, k, v = q.swapaxes(1, 2), k.swapaxes(1, 2), v.swapaxes(1, 2)
        mixed = jax.nn.dot_product_attention(q, k, v, is_causal=operator.causal)
        return {"output": mixed.swapaxes(1, 2)}

    return apply


def _scatter_add(weights: Named, inputs: Named) -> Named:
    return {"output": weights["table"].at[inputs["index"]].add(inputs["updates"])}


def _top_k(operator: operations.TopK) -> Apply:
    return lambda weights, inputs: {"output": lax.top_k(inputs["x"], operator.k)[0]}


OPERATIONS: dict[type[Operator], Callable[[Any], Apply]] = {
    **common(jnp),
    operations.AdamStep: without_views("JAX"),
    operations.Elementwise: elementwise(_FUNCTIONS),
    operations.Softmax: lambda operator: of_x(jax.nn.softmax, axis=operator.axis),
    operations.Fourier: lambda operator: _fourier,
    operations.Attention: _attention,
    operations.ScatterAdd: lambda operator: _scatter_add,
    operations.TopK: _top_k,
    operations.Copy: lambda operator: of_x(jnp.copy),  # of the bare argument XLA makes no copy
}

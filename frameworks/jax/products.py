"""Matrix products: of layers, and as work of their own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import jax
import jax.numpy as jnp
from jax import lax

from frameworks.interface import Resettable, Step
from frameworks.shared.batches import Source, going_round, ring
from suites.data.arrays import Array, Arrays
from suites.workload import Product


def by_rows(x: Any, weight: Any) -> Any:
    """x [..., inputs] times a weight [outputs, inputs], its rows as they lie.

    Of one place, `x @ weight.T` with something added lets XLA for the CPU copy the weight into
    another order in every step: it takes 4 times as long.
    """
    return lax.dot_general(x, weight, (((x.ndim - 1,), (1,)), ((), ())))


def biased(y: Any, bias: Any) -> Any:
    """Added in float32: the same values, and a gradient of the bias whose sum over all rows XLA for
    the CPU does not build in 16 bits, off by a hundredth at 100 rows."""
    return (y.astype(jnp.float32) + bias).astype(y.dtype)


def build(
    workload: Product, arrays: Arrays, place: Callable[[Array], Any], dtype: Any
) -> Step | Resettable:
    """`place` puts an array on the device."""
    if workload.generated:
        return _generated(workload, dtype)

    def operands(arrays: Arrays) -> Callable[[], tuple[Any, Any]]:
        b = place(arrays.inputs["b"])
        return going_round(jax.block_until_ready([(place(x["a"]), b) for x in ring(arrays)]))

    source, product = Source(operands, arrays), jax.jit(lambda a, b: a @ b)
    return Resettable(lambda: {"product": product(*source.take())}, source.reset)


def _generated(workload: Product, dtype: Any) -> Step:
    def draw(key: Any) -> tuple[Any, Any]:
        key, key_a, key_b = jax.random.split(key, 3)
        a, b = (
            drawn(key_a, workload.m, workload.k, dtype),
            drawn(key_b, workload.k, workload.n, dtype),
        )
        return key, a @ b

    product, key = jax.jit(draw), jax.random.PRNGKey(0)

    def step() -> Mapping[str, Any]:
        nonlocal key
        key, fresh = product(key)
        return {"product": fresh}

    return step


def drawn(key: Any, rows: int, columns: int, dtype: Any) -> Any:
    return jax.random.normal(key, (rows, columns), dtype=dtype)

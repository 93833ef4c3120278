"""Matrix products as work of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import mlx.core as mx

from frameworks.interface import Resettable, Step
from frameworks.shared.batches import Source, going_round, ring
from suites.data.arrays import Array, Arrays
from suites.workload import Product


def build(
    workload: Product,
    arrays: Arrays,
    place: Callable[[Array], Any],
    compiled: Callable[..., Any],
    dtype: Any,
) -> Step | Resettable:
    """`place` puts an array where it lies before the first step."""
    if workload.generated:
        return _generated(workload, compiled, dtype)

    def operands(arrays: Arrays) -> Callable[[], tuple[Any, Any]]:
        b = place(arrays.inputs["b"])
        return going_round([(place(batch["a"]), b) for batch in ring(arrays)])

    source, product = Source(operands, arrays), compiled(lambda a, b: a @ b)
    return Resettable(lambda: {"product": product(*source.take())}, source.reset)


def _generated(workload: Product, compiled: Callable[..., Any], dtype: Any) -> Step:
    m, k, n = workload.m, workload.k, workload.n
    # A compiled function must be told of the generator's state, or it draws the same every time.
    product = compiled(lambda: drawn(m, k, dtype) @ drawn(k, n, dtype), state=mx.random.state)
    return lambda: {"product": product()}


def drawn(rows: int, columns: int, dtype: Any) -> Any:
    return mx.random.normal((rows, columns), dtype=dtype)

"""Matrix products as work of their own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from frameworks.interface import Resettable, Step
from frameworks.shared.batches import Source, going_round, ring
from suites.data.arrays import Array, Arrays
from suites.layers import Shape
from suites.workload import Product


def build(
    workload: Product,
    arrays: Arrays,
    place: Callable[[Array], Any],
    compiled: Callable[[Any], Any],
    dtype: Any,
) -> Step | Resettable:
    """`place` puts an array where it lies before the first step."""
    if workload.generated:
        fresh = compiled(drawn(dtype, (workload.m, workload.k), (workload.k, workload.n)))
        return lambda: {"product": fresh()}

    def operands(arrays: Arrays) -> Callable[[], tuple[Any, Any]]:
        b = place(arrays.inputs["b"])
        return going_round([(place(batch["a"]), b) for batch in ring(arrays)])

    source, multiply = Source(operands, arrays), compiled(lambda a, b: tf.matmul(a, b))
    return Resettable(lambda: {"product": multiply(*source.take())}, source.reset)


def drawn(dtype: Any, *shapes: Shape) -> Callable[[], Any]:
    """A product of fresh operands of these shapes."""
    return lambda: tf.matmul(*(tf.random.normal(each, dtype=dtype) for each in shapes))

"""Matrix products, of operands that lie there or are drawn in every step."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import torch

from frameworks.interface import Resettable, Step
from frameworks.shared.batches import Source, going_round, ring
from suites.data.arrays import Array, Arrays
from suites.workload import Product


def build(
    workload: Product,
    arrays: Arrays,
    place: Callable[[Array], Any],
    compiled: Callable[[Any], Any],
    **drawn: Any,
) -> Step | Resettable:
    """`place` puts an array where it lies before the first step; `drawn` is what random numbers
    are told."""
    if workload.generated:
        m, k, n = workload.m, workload.k, workload.n
        fresh = compiled(lambda: torch.randn(m, k, **drawn) @ torch.randn(k, n, **drawn))
        return lambda: {"product": fresh()}

    def operands(arrays: Arrays) -> Callable[[], tuple[Any, Any]]:
        b = place(arrays.inputs["b"])
        return going_round([(place(batch["a"]), b) for batch in ring(arrays)])

    source, product = Source(operands, arrays), compiled(lambda a, b: a @ b)
    return Resettable(lambda: {"product": product(*source.take())}, source.reset)

"""What of a workload is solved: its twin, without what does not change the numbers."""

from __future__ import annotations

import dataclasses

from suites.workload import Lifecycle, Product, Workload, checkable

SAME_NUMBERS = {"host": "device", "background": "loop"}
"""Where a batch comes from, and the other place whose bytes are the same."""


def solved(workload: Workload) -> Workload:
    """Workloads for which this is equal have the same expected values and limits."""
    match checkable(workload):
        case Lifecycle() as life:
            learn = dataclasses.replace(
                life.learn, suite="", name="", inputs=_placed(life.learn.inputs)
            )
            return Lifecycle(learn=learn)
        case Product() as product:
            return dataclasses.replace(product, suite="", name="")
        case checked:
            return dataclasses.replace(checked, suite="", name="", inputs=_placed(checked.inputs))


def _placed(inputs: str) -> str:
    return SAME_NUMBERS.get(inputs, inputs)

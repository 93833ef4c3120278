"""What of a workload is solved: its twin, without what does not change the numbers."""

from __future__ import annotations

import dataclasses

from suites.workload import (
    Decode,
    Lifecycle,
    Operation,
    Product,
    Train,
    Workload,
    reduced_for_reference,
)

SAME_NUMBERS = {"host": "device", "background": "loop"}
"""Where a batch comes from, and the other place whose bytes are the same."""


def solved(workload: Workload) -> Workload:
    """The work that the reference does for a workload."""
    return _nameless(reduced_for_reference(workload))


def asked(workload: Workload) -> Workload:
    """Workloads for which this is equal have the same expected values and limits: the audits of
    training are looked at in its own shape."""
    return _nameless(workload if isinstance(workload, Train) else reduced_for_reference(workload))


def _nameless(workload: Workload) -> Workload:
    match workload:
        case Lifecycle() as life:
            learn = dataclasses.replace(
                life.learn, suite="", name="", inputs=_placed(life.learn.inputs)
            )
            return Lifecycle(learn=learn)
        case Product() | Operation() | Decode() as plain:
            return dataclasses.replace(plain, suite="", name="")
        case other:
            return dataclasses.replace(other, suite="", name="", inputs=_placed(other.inputs))


def _placed(inputs: str) -> str:
    return SAME_NUMBERS.get(inputs, inputs)

"""Single operations of arrays, as benchmarks of operations time them, described for all frameworks.

`Operator` says what each tells of itself; `suites.workload.Operation` makes one a piece of work.
"""

from __future__ import annotations

from suites.operations.gradients import Backward
from suites.operations.memory import Copy, HostToDevice, RoundTrip, Triad
from suites.operations.numbers import (
    FUNCTIONS,
    HOW,
    Attention,
    BatchedProduct,
    CumulativeSum,
    Elementwise,
    Fourier,
    Reduce,
    Softmax,
)
from suites.operations.operator import Operand, Operator, Result
from suites.operations.places import ArgMax, Gather, RightAnswers, ScatterAdd, Sort, TopK
from suites.operations.updates import AdamStep

__all__ = [
    "FUNCTIONS",
    "HOW",
    "OPERATORS",
    "AdamStep",
    "ArgMax",
    "Attention",
    "Backward",
    "BatchedProduct",
    "Copy",
    "CumulativeSum",
    "Elementwise",
    "Fourier",
    "Gather",
    "HostToDevice",
    "Operand",
    "Operator",
    "Reduce",
    "Result",
    "RightAnswers",
    "RoundTrip",
    "ScatterAdd",
    "Softmax",
    "Sort",
    "TopK",
    "Triad",
]

OPERATORS: tuple[type[Operator], ...] = (
    *(Attention, BatchedProduct, CumulativeSum, Elementwise, Fourier, Reduce, Softmax),
    *(ArgMax, Gather, RightAnswers, ScatterAdd, Sort, TopK),
    *(Copy, HostToDevice, RoundTrip, Triad),
    *(AdamStep, Backward),
)
"""All there are. Each is looked up by its exact class."""

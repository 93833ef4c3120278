"""Workloads: one piece of work at one size, described so that every framework can do the same.

Product (one matrix product), Forward (a model's inference), Train (its training step), Learn
(training over epochs with evaluation), Lifecycle (learn, save, load in a fresh model, infer),
Operation (one operation of arrays), Decode (tokens one after the other).
"""

from __future__ import annotations

from suites.workload.decoding import Decode
from suites.workload.definition import definition_hash
from suites.workload.facts import Facts, facts_of
from suites.workload.learning import Data, Learn, Lifecycle
from suites.workload.operation import Operation
from suites.workload.optimizers import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    RMSprop,
    TwoMoments,
)
from suites.workload.reduced import (
    CHECKED_FLOP,
    CHECKED_STEPS,
    Workload,
    known_epochs,
    reduced_for_reference,
    smallest,
)
from suites.workload.schedules import SCHEDULES, Cosine, Schedule, StepDecay, WarmupLinear
from suites.workload.steps import (
    GROWS_AFTER,
    INPUTS,
    ITEMSIZE,
    LOSS_SCALE,
    LOSSES,
    Forward,
    Product,
    Train,
)
from suites.workload.update_rule import Optimizer

__all__ = [
    "CHECKED_FLOP",
    "CHECKED_STEPS",
    "GROWS_AFTER",
    "INPUTS",
    "ITEMSIZE",
    "LOSSES",
    "LOSS_SCALE",
    "OPTIMIZERS",
    "SCHEDULES",
    "SGD",
    "Adam",
    "AdamW",
    "Cosine",
    "Data",
    "Decode",
    "Facts",
    "Forward",
    "Learn",
    "Lifecycle",
    "Operation",
    "Optimizer",
    "Product",
    "RMSprop",
    "Schedule",
    "StepDecay",
    "Train",
    "TwoMoments",
    "WarmupLinear",
    "Workload",
    "definition_hash",
    "facts_of",
    "known_epochs",
    "reduced_for_reference",
    "smallest",
]

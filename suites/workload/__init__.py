"""Workloads: one piece of work at one size, described so that every framework can do the same.

Product (one matrix product), Forward (a model's inference), Train (its training step), Learn
(training over epochs with evaluation), Lifecycle (learn, save, load in a fresh model, infer).
"""

from __future__ import annotations

from suites.workload.definition import definition_hash
from suites.workload.facts import Facts, facts_of
from suites.workload.learning import Data, Learn, Lifecycle
from suites.workload.optimizers import OPTIMIZERS, SGD, Adam, AdamW, Optimizer, TwoMoments
from suites.workload.reduced import (
    CHECKED_FLOP,
    CHECKED_STEPS,
    Workload,
    known_epochs,
    reduced_for_reference,
    smallest,
)
from suites.workload.steps import INPUTS, ITEMSIZE, Forward, Product, Train

__all__ = [
    "CHECKED_FLOP",
    "CHECKED_STEPS",
    "INPUTS",
    "ITEMSIZE",
    "OPTIMIZERS",
    "SGD",
    "Adam",
    "AdamW",
    "Data",
    "Facts",
    "Forward",
    "Learn",
    "Lifecycle",
    "Optimizer",
    "Product",
    "Train",
    "TwoMoments",
    "Workload",
    "definition_hash",
    "facts_of",
    "known_epochs",
    "reduced_for_reference",
    "smallest",
]

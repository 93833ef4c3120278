"""What of a workload the float64 reference is asked for: all of it, or a smaller twin."""

from __future__ import annotations

import dataclasses

from suites import cost
from suites.workload.learning import Learn, Lifecycle
from suites.workload.steps import Forward, Product, Train

Workload = Product | Forward | Train | Learn | Lifecycle

CHECKED_STEPS = 3
"""Training steps taken from the initial weights and compared with the reference."""

CHECKED_FLOP = 6e10
"""A training step above this is checked at CHECKED_BATCH; of a forward pass above it some samples
are compared. The float64 reference needs about twenty seconds for six steps of this size."""

LEARNED_FLOP = 3e12
"""Learning above this is checked for fewer steps: some minutes of the reference."""

CHECKED_BATCH = 2
"""The smallest batch with statistics of its own."""


def checkable(workload: Workload) -> Workload:
    """What the reference is asked for: the workload itself, or, where training is too large for it,
    the same training at a smaller batch, or for fewer steps."""
    match workload:
        case Train() if workload.flop > CHECKED_FLOP and workload.input_shape[0] > CHECKED_BATCH:
            shape = (CHECKED_BATCH, *workload.input_shape[1:])
            return dataclasses.replace(workload, input_shape=shape)
        case Learn() if workload.flop > LEARNED_FLOP:
            return _shorter(workload)
    return workload


def _shorter(workload: Learn) -> Learn:
    """One epoch of as many steps as the reference can do."""
    step = cost.train_flop(
        workload.model, workload.input_shape, workload.optimizer.flop_per_parameter
    )
    steps = max(1, min(workload.batches, int(LEARNED_FLOP // step)))
    data = dataclasses.replace(workload.data, train=steps * workload.batch)
    return dataclasses.replace(workload, data=data, epochs=1)

"""What of a workload the float64 reference is asked for: all of it, or a smaller twin."""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Iterator

from suites.layers import Layer, Shape, ShapeError, cost, parameters, vocabulary
from suites.workload.decoding import Decode
from suites.workload.learning import Learn, Lifecycle
from suites.workload.operation import Operation
from suites.workload.steps import Forward, Product, Train

Workload = Product | Forward | Train | Learn | Lifecycle | Operation | Decode

CHECKED_STEPS = 3
"""Training steps taken from the initial weights, each looked at."""

CHECKED_FLOP = 1e9
"""A training step above this is checked at a smaller shape. The reference needs about a second for
all that it works out of a step of this size."""

LEARNED_FLOP = 1e9
LEARNED_STEPS = 128
"""Learning is solved for as many epochs as that much work and so many steps give. Where it is not
even one, it is checked at fewer steps."""

CHECKED_BATCH = 2
"""The smallest batch with statistics of its own."""


def reduced_for_reference(workload: Workload) -> Workload:
    """What the reference is asked for: the workload itself, or, where training is too large for it,
    the same training of fewer or smaller samples, or for fewer steps."""
    match workload:
        case Train() if workload.flop > CHECKED_FLOP:
            return _smaller(workload)
        case Learn() if not known_epochs(workload):
            return _shorter(workload)
        case Lifecycle() if not known_epochs(workload.learn):
            return Lifecycle(learn=_shorter(workload.learn))
    return workload


def known_epochs(workload: Learn) -> int:
    """How many epochs of it the reference solves; 0 where one is too much."""
    each = max(1.0, workload.flop / workload.epochs)
    return int(min(workload.epochs, LEARNED_FLOP / each, LEARNED_STEPS / workload.batches))


@functools.lru_cache(maxsize=256)
def smallest(model: Layer, shape: Shape) -> tuple[Shape, ...]:
    """Shapes of one sample that the model takes with the same weights, the largest first: images
    and sequences halved again and again. A model without windows or places has its own alone."""
    return tuple(_halved(model, shape))


def _smaller(workload: Train) -> Train:
    """At the largest shape within CHECKED_FLOP, or the smallest there is: first fewer samples, then
    smaller ones."""
    batch, found = workload.input_shape[0], workload
    for shape in smallest(workload.model, workload.input_shape):
        for size in _fewer(batch):
            try:
                found = dataclasses.replace(workload, input_shape=(size, *shape[1:]))
            except ShapeError:  # too little for the statistics of a batch
                continue
            if found.flop <= CHECKED_FLOP:
                return found
    return found


def _fewer(batch: int) -> Iterator[int]:
    while batch > CHECKED_BATCH:
        batch //= 2
        yield max(batch, CHECKED_BATCH)
    yield batch


LEAST_PLACES = 8
"""Rows of the smallest image, or the shortest sequence."""


def _halved(model: Layer, shape: Shape) -> Iterator[Shape]:
    described, tokens = parameters(model, shape), vocabulary(model, shape)
    yield shape
    while True:
        match shape:
            case (batch, channels, rows, columns):
                shape = (batch, channels, rows // 2, columns // 2)
            case (batch, sequence, width):
                shape = (batch, sequence // 2, width)
            case (batch, sequence) if tokens is not None:
                shape = (batch, sequence // 2)
            case _:
                return
        least = min(shape[2:]) if len(shape) == 4 else shape[1]
        if least < LEAST_PLACES:
            return
        if _takes(model, shape, described):
            yield shape


def _takes(model: Layer, shape: Shape, described: object) -> bool:
    try:
        return bool(parameters(model, shape) == described and model.output_shape(shape))
    except (ShapeError, ValueError):
        return False


def _shorter(workload: Learn) -> Learn:
    """One epoch of as many steps as the reference can do."""
    step = cost.train_flop(
        workload.model, workload.input_shape, workload.optimizer.flop_per_parameter
    )
    steps = max(1, min(workload.batches, LEARNED_STEPS, int(LEARNED_FLOP // step)))
    tests = cost.forward_flop(workload.model, workload.test_shape) / workload.data.test
    test = max(1, min(workload.data.test, int(LEARNED_FLOP // max(1, tests))))
    data = dataclasses.replace(workload.data, train=steps * workload.batch, test=test)
    return dataclasses.replace(workload, data=data, epochs=1)

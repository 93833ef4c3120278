"""What solving the reference costs: passes over the model, and memory."""

import tracemalloc

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import BatchNorm, Conv2d, Flatten, Linear, MaxPool, ReLU, Sequential, cost
from suites.verification import reference
from suites.verification.reference import expected_answers, expected_training, taken_steps
from suites.verification.reference.meanings.model import Pass
from suites.workload import CHECKED_STEPS, SGD, Adam, Forward, Train

IMAGES = Sequential(
    Conv2d(3, 6, 3, padding=1), BatchNorm(6), ReLU(), MaxPool(2, 2), Flatten(), Linear(96, 4)
)
VALUES = Sequential(Linear(300, 400), ReLU(), Linear(400, 500), ReLU(), Linear(500, 2))
PLAIN = Sequential(Linear(30, 40), Linear(40, 2))


def train(model, shape, optimizer):
    return Train(suite="t", name="t", model=model, input_shape=shape, optimizer=optimizer)


@pytest.mark.parametrize("optimizer", [Adam(lr=1e-2), SGD(lr=0.1)])
@pytest.mark.parametrize("dear", [False, True])
def test_no_pass_is_made_twice(monkeypatch, optimizer, dear):
    if dear:
        monkeypatch.setattr(arrays, "AUDITED_FLOP", 0)
    counted = []
    apply = Pass.apply

    def counting(run, layer, x, path=""):
        if layer is PLAIN:
            counted.append(run.arithmetic.dtype)
        return apply(run, layer, x, path)

    monkeypatch.setattr(Pass, "apply", counting)
    reference.solve(train(PLAIN, (5, 30), optimizer), "float32", 0)
    audited = 2 if dear else 16
    courses = expected_training.FEW_DRAWS if dear else expected_training.DRAWS
    assert counted.count(np.float64) == CHECKED_STEPS + audited
    followed = (
        CHECKED_STEPS * expected_training.FOLLOWED
        + expected_training.DRAWS
        - expected_training.FOLLOWED
    )
    # One of the lie; and the honest courses for the audit.
    assert counted.count(np.float32) == followed + 1 + courses * audited


@pytest.mark.parametrize("dear", [False, True])
def test_light_work_in_16_bits_is_followed_in_all_its_solutions(monkeypatch, dear):
    """Of two courses one in a few of an honest contender goes elsewhere: a kink leads it."""
    if dear:
        monkeypatch.setattr(expected_training, "LIGHT_FLOP", 0)
    taken = []
    take = taken_steps.take

    def counting(workload, weights, batches, *others):
        taken.append(len(batches))
        return take(workload, weights, batches, *others)

    monkeypatch.setattr(taken_steps, "take", counting)
    reference.solve(train(PLAIN, (5, 30), SGD(lr=0.1)), "float16", 0)
    courses = expected_training.FOLLOWED if dear else expected_training.DRAWS
    assert taken.count(CHECKED_STEPS) == 1 + courses


def test_samples_that_pass_apart_give_the_output_of_all_together(monkeypatch):
    work = Forward(suite="t", name="t", model=IMAGES, input_shape=(5, 3, 8, 8))
    whole = reference.solve(work, "float32", 0).entries["before/output/all|value"]
    seen = []
    apply = Pass.apply

    def noting(run, layer, x, path=""):
        if layer is IMAGES:
            seen.append(len(x))
        return apply(run, layer, x, path)

    monkeypatch.setattr(Pass, "apply", noting)
    monkeypatch.setattr(expected_answers, "PART_BYTES", 2 * 8 * 3 * 8 * 8)
    apart = reference.solve(work, "float32", 0).entries["before/output/all|value"]
    assert seen[:2] == [3, 2]
    np.testing.assert_allclose(apart, whole, rtol=1e-13)


@pytest.mark.parametrize("optimizer", [SGD(lr=0.1), Adam(lr=1e-3)])
def test_memory_stays_within_what_is_foretold(optimizer):
    work = train(VALUES, (2, 300), optimizer)
    reference.solve(train(PLAIN, (2, 30), optimizer), "float32", 0)  # what is drawn once and kept
    tracemalloc.start()
    reference.solve(work, "float32", 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert cost.parameter_count(work.model, work.input_shape) > 300_000
    assert peak <= 1.1 * reference.needed_bytes(work)

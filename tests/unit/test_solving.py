"""What solving the reference costs: passes over the model, and memory."""

import tracemalloc

import numpy as np
import pytest

from suites import arrays, cost, reference
from suites.layers import BatchNorm, Conv2d, Flatten, Linear, MaxPool, ReLU, Sequential
from suites.reference import doubt
from suites.reference.kinks import Noted
from suites.reference.model import Pass
from suites.reference.training import passed
from suites.workload import SGD, Adam, Forward, Train

IMAGES = Sequential(
    Conv2d(3, 6, 3, padding=1), BatchNorm(6), ReLU(), MaxPool(2, 2), Flatten(), Linear(96, 4)
)
VALUES = Sequential(Linear(300, 400), ReLU(), Linear(400, 500), ReLU(), Linear(500, 2))


def train(model, shape, optimizer):
    return Train(suite="t", name="t", model=model, input_shape=shape, optimizer=optimizer)


@pytest.mark.parametrize(("optimizer", "passes"), [(Adam(lr=1e-2), 3 + 2), (SGD(lr=0.1), 3 + 6)])
def test_no_pass_is_made_twice(monkeypatch, optimizer, passes):
    """Three in float64; in float32 three, and two for each step whose kinks are doubtful."""
    counted = []
    apply = Pass.apply

    def counting(run, layer, x, path=""):
        if layer is IMAGES:
            counted.append(getattr(run.weights["0.weight"], "dtype", None))
        return apply(run, layer, x, path)

    monkeypatch.setattr(Pass, "apply", counting)
    reference.solve(train(IMAGES, (5, 3, 8, 8), optimizer), "float32", 0)
    assert counted.count(np.float64) == 3
    assert counted.count(np.float32) <= passes


def test_samples_that_pass_apart_give_the_output_of_all_together(monkeypatch):
    work = Forward(suite="t", name="t", model=IMAGES, input_shape=(5, 3, 8, 8))
    seen = []
    outputs = reference.outputs

    def noting(work, weights, x):
        seen.append(len(x))
        return outputs(work, weights, x)

    monkeypatch.setattr(reference, "outputs", noting)
    whole = reference.solve(work, "float32", 0).entries["output|value"]
    monkeypatch.setattr(reference, "PART_BYTES", 2 * 8 * 3 * 8 * 8)
    apart = reference.solve(work, "float32", 0).entries["output|value"]
    assert seen == [5, 3, 2]
    np.testing.assert_allclose(apart, whole, rtol=1e-13)


@pytest.mark.parametrize(("model", "shape"), [(IMAGES, (5, 3, 8, 8)), (VALUES, (5, 300))])
def test_what_depends_on_kinks_can_be_worked_out_in_float32(monkeypatch, model, shape):
    work = train(model, shape, SGD(lr=0.1))
    made = arrays.make(work, 0)
    weights = {path: w.astype(np.float64) for path, w in made.weights.items()}
    x, labels = made.inputs["x"].astype(np.float64), made.inputs["labels"]
    noted = Noted(1e-3, len(x))
    passed(work, weights, x, labels, noted)
    assert noted.doubtful.any()
    found = []
    for narrow in (arrays.single, lambda array: array):
        monkeypatch.setattr(arrays, "single", narrow)
        found.append({})
        doubt.add_doubts(found[-1], work, weights, x, labels, noted)
    single, exact = found
    assert single.keys() == exact.keys()
    for path, expected in exact.items():
        assert single[path].overall == pytest.approx(expected.overall, rel=1e-3, abs=1e-6)
        np.testing.assert_allclose(single[path].reach, expected.reach, rtol=1e-3, atol=1e-6)


@pytest.mark.parametrize("optimizer", [SGD(lr=0.1), Adam(lr=1e-3)])
def test_memory_stays_within_what_is_foretold(optimizer):
    work = train(VALUES, (2, 300), optimizer)
    tracemalloc.start()
    reference.solve(work, "float32", 0)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    parameters = cost.parameter_count(work.model, work.input_shape)
    assert peak <= 1.1 * reference.needed_bytes(work)
    assert isinstance(optimizer, Adam) or peak <= 54 * parameters

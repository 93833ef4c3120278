"""null's prepared answers: those of the batch that is due, before and after an exchange."""

import itertools

import numpy as np
import pytest

from frameworks.interface import Device, Settings, parts
from frameworks.null import adapter
from suites.data import arrays
from suites.data.arrays import AUDITED
from suites.layers import Linear, ReLU, Sequential
from suites.workload import SGD, Adam, Product, Train

MODEL = Sequential(Linear(6, 5), ReLU(), Linear(5, 3))


@pytest.fixture(autouse=True)
def _started():
    adapter.start(Device("cpu", "cpu", "cpu"), Settings("float32", "eager"))


def looked_at(results):
    return {name: adapter.to_numpy(value) for name, value in results.items()}


def test_products_are_those_of_the_batch_that_is_due():
    workload = Product(suite="t", name="t", m=4, k=3, n=5)
    made = arrays.make(workload, 0)
    step, reset = parts(adapter.build(workload, made))
    steps = [looked_at(step())["product"] for _ in range(len(made.ring) + 1)]
    for batch, product in zip(itertools.cycle(made.ring), steps, strict=False):
        np.testing.assert_allclose(product, batch["a"] @ made.inputs["b"], rtol=1e-5, atol=1e-6)
    others = arrays.audit(workload, 0, {})
    swap = reset(others)
    swap()
    expected = others.inputs["a"] @ others.inputs["b"]
    np.testing.assert_allclose(looked_at(step())["product"], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("optimizer", [SGD(0.1), Adam(0.01)])
def test_steps_of_training_are_right_whichever_of_them_are_looked_at(optimizer):
    workload = Train(suite="t", name="t", model=MODEL, input_shape=(4, 6), optimizer=optimizer)
    made = arrays.make(workload, 0)
    every, reset = parts(adapter.build(workload, made))
    seen = [looked_at(every()) for _ in range(AUDITED)]
    swap = reset(made)
    swap()
    unseen = [every() for _ in range(AUDITED)]
    for number in (3, AUDITED - 1, 1):
        again = looked_at(unseen[number])
        assert again.keys() == seen[number].keys()
        for name, array in seen[number].items():
            np.testing.assert_array_equal(again[name], array)

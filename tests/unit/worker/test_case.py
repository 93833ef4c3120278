"""What a case in a worker is spared: a step that its twin's pace foretells to be far too long."""

import types

import numpy as np
import pytest

import frameworks.numpy.adapter
from bench.worker import case as worker_case
from bench.worker.case import FORETOLD, Built, Case, TooLong
from frameworks.interface import Settings
from suites.data import arrays
from suites.layers import Linear, Sequential
from suites.workload import Forward


def foretell(later_step_s, flop=100, twin_flop=10, limit_s=1.0):
    case = Case.__new__(Case)
    case.workload = types.SimpleNamespace(flop=flop)  # type: ignore[assignment]
    twin = types.SimpleNamespace(
        later_step_s=later_step_s, workload=types.SimpleNamespace(flop=twin_flop)
    )
    case._foretell(twin, limit_s)  # type: ignore[arg-type]


def test_a_step_far_beyond_the_limit_is_not_tried():
    with pytest.raises(TooLong) as caught:
        foretell(0.1 * FORETOLD * 1.01)
    assert caught.value.foretold
    assert caught.value.step_s == pytest.approx(FORETOLD * 1.01)
    assert caught.value.flop == 100


@pytest.mark.parametrize("later_step_s", [None, 0.05, 0.11, 0.1 * FORETOLD * 0.99])
def test_one_that_may_be_quicker_is(later_step_s):
    foretell(later_step_s)


def test_work_without_flop_foretells_nothing():
    foretell(100.0, flop=0, twin_flop=0)


def test_a_first_step_that_a_busy_machine_made_long_is_still_the_one_that_is_checked(monkeypatch):
    """The trial after it takes the next batch, whose right answers are others."""
    workload = Forward(suite="mine", name="x", model=Sequential(Linear(4, 3)), input_shape=(2, 4))
    made = arrays.make(workload, 0)
    frameworks.numpy.adapter.start(
        frameworks.numpy.adapter.devices()[0], Settings(precision="float32", execution="eager")
    )
    plain = Built(frameworks.numpy.adapter, workload, made).run()["output"]
    seconds = iter([0.0, 9.0, 0.1])
    monkeypatch.setattr(worker_case.measure, "timed", lambda call: (call(), next(seconds)))
    slow = Built(frameworks.numpy.adapter, workload, made)
    slow.step_limit_s = 5.0
    assert np.array_equal(slow.run()["output"], plain)


def test_complex_results_are_refused_though_to_numpy_would_drop_half_of_them():
    model = Sequential(Linear(3, 2))
    work = Forward(suite="mine", name="one", model=model, input_shape=(4, 3))
    adapter = types.SimpleNamespace(
        build=lambda workload, given: lambda: {"output": np.ones((4, 2)) * 1j},
        wait=lambda outputs: None,
        to_numpy=lambda array: array.real,
    )
    built = Built(adapter, work, arrays.make(work, 0))
    with pytest.raises(TypeError, match=r"real numbers\. Received: complex ones"):
        built.run()

"""What a case in a worker is spared: a step that its twin's pace foretells to be far too long."""

import types

import pytest

from bench.worker_case import FORETOLD, Case, TooLong


def foretell(later_step_s, flop=100, twin_flop=10, limit_s=1.0):
    case = Case.__new__(Case)
    case.workload = types.SimpleNamespace(flop=flop)
    twin = types.SimpleNamespace(
        later_step_s=later_step_s, workload=types.SimpleNamespace(flop=twin_flop)
    )
    case._foretell(twin, limit_s)


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

"""Audits come first, by chance later, and seldom where one costs more than slices do."""

import pytest

from bench.verification import audit_schedule
from bench.verification.audit_schedule import Costs, due


def plan(claimed_s, last_s=0.0, slice_s=0.1, chance=1.0, turns=8):
    costs = Costs(slice_s, claimed_s, last_s)
    return [turn for turn in range(turns) if due(turn, costs, chance)]


@pytest.mark.parametrize(
    ("claimed_s", "last_s", "turns"),
    [
        (0.03, 0.1, [0, 1, 2]),
        (0.2, 0.2, [0, 1, 2]),
        (0.3, 0.1, [0, 1]),  # longer than two slices
        (0.03, 0.9, [0, 1]),  # so it was on a busy machine
        (1.3, 0.0, [0]),
        (0.03, 1.3, [0]),
    ],
)
def test_no_more_audits_than_a_cell_can_pay_for(claimed_s, last_s, turns):
    assert plan(claimed_s, last_s) == turns


def test_later_ones_come_by_chance_where_they_are_cheap():
    assert plan(0.03, chance=0.1) == list(range(8))
    assert plan(0.3, chance=0.1) == [0, 1]
    assert plan(2.0, chance=0.1) == [0]


def test_two_confirm_one_another():
    """One audit alone must be far over its limit to tell: two are the least where they can be."""
    assert audit_schedule.CONFIRMED == 2
    assert len(plan(1.1)) == 2

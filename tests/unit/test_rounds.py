"""Rounds and the stop rule, with a clock that only the test moves."""

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.rounds import take_rounds
from bench.stopping import MIN_ROUNDS, FixedRounds


class Clock:
    """Stands still unless told otherwise."""

    def __init__(self):
        self.now_s = 0.0

    def __call__(self):
        return self.now_s


class Cells:
    """Turns that take known times and note who went when."""

    def __init__(self, **turn_s):
        self.clock, self.turns_taken, self.turn_s, self.breaks = Clock(), [], turn_s, {}

    def turns(self):
        return {name: self._turn(name) for name in self.turn_s}

    def _turn(self, name):
        def turn(round_number):
            self.turns_taken.append((round_number, name))
            self.clock.now_s += self.turn_s[name]
            return self.breaks.get(name) != round_number

        return turn

    def run(self, rule, seed=0):
        return take_rounds(self.turns(), rule, order=random.Random(seed), clock=self.clock)


def test_every_cell_takes_one_turn_in_every_round():
    cells = Cells(a=1, b=1, c=1)
    finished = cells.run(FixedRounds(rounds=4, budget_s=100))
    for number in range(4):
        assert sorted(n for r, n in cells.turns_taken if r == number) == ["a", "b", "c"]
    assert {name: end.rounds for name, end in finished.items()} == {"a": 4, "b": 4, "c": 4}
    assert finished["a"].reason == "all 4 rounds done"


def test_rounds_come_in_order_and_turns_in_random_order():
    cells = Cells(a=1, b=1, c=1, d=1)
    cells.run(FixedRounds(rounds=20, budget_s=100))
    assert [r for r, _ in cells.turns_taken] == sorted(r for r, _ in cells.turns_taken)
    orders = {tuple(n for r, n in cells.turns_taken if r == number) for number in range(20)}
    assert len(orders) > 5


def test_a_slow_cell_stops_on_its_own_budget_and_the_others_go_on():
    cells = Cells(slow=10, quick=0.1)
    finished = cells.run(FixedRounds(rounds=9, budget_s=25))
    assert finished["slow"].rounds == 3
    assert finished["slow"].reason == "budget of 25 s spent after 3 of 9 rounds"
    assert finished["quick"].rounds == 9


def test_a_broken_cell_leaves_and_is_not_finished():
    cells = Cells(a=1, b=1)
    cells.breaks = {"a": 1}
    finished = cells.run(FixedRounds(rounds=3, budget_s=100))
    assert list(finished) == ["b"]
    assert [n for _, n in cells.turns_taken].count("a") == 2


def test_no_cells_is_no_rounds():
    assert take_rounds({}, FixedRounds(3, 1), order=random.Random(0)) == {}


@given(rounds=st.integers(1, 50), spent_s=st.floats(0, 1e6), limit=st.integers(1, 50))
def test_the_rule_always_ends_and_never_before_the_least_rounds(rounds, spent_s, limit):
    reason = FixedRounds(limit, budget_s=10).reason_to_stop(rounds, spent_s)
    assert (reason is not None) == (rounds >= limit or (rounds >= MIN_ROUNDS and spent_s >= 10))


@pytest.mark.parametrize("spent_s", [9.99, 10.0])
def test_the_budget_is_reached_exactly(spent_s):
    reason = FixedRounds(50, budget_s=10).reason_to_stop(5, spent_s)
    assert (reason is not None) == (spent_s >= 10)

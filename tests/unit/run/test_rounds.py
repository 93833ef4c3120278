"""Rounds and the stop rule, with a clock that only the test moves."""

import random
from dataclasses import dataclass

from bench.run.rounds import Groups, History, take_rounds
from bench.run.stopping import Adaptive, Ending


@dataclass
class Fixed:
    """So many rounds of every cell, or fewer of one whose name is in `sooner`."""

    rounds: int
    budget_s: float = 1e9

    def ending(self, values, spent_s, *, ratio=False):
        if len(values) >= self.rounds:
            return Ending("rounds", "all done", None)
        return Ending("budget", "spent", None) if spent_s >= self.budget_s else None


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
            return None if self.breaks.get(name) == round_number else self.turn_s[name]

        return turn

    def run(self, rule, seed=0, **others):
        order = random.Random(seed)
        self.histories = {name: History() for name in self.turn_s} | others.pop("histories", {})
        return take_rounds(
            self.turns(), rule, order=order, clock=self.clock, histories=self.histories, **others
        )

    def rounds_of(self, name):
        return [number for number, who in self.turns_taken if who == name]


def test_every_cell_takes_one_turn_in_every_round():
    cells = Cells(a=1, b=1, c=1)
    finished = cells.run(Fixed(4))
    for number in range(4):
        assert sorted(n for r, n in cells.turns_taken if r == number) == ["a", "b", "c"]
    assert {name: past.rounds for name, past in cells.histories.items()} == dict.fromkeys("abc", 4)
    assert finished["a"].by == "rounds"


def test_rounds_come_in_order_and_turns_in_random_order():
    cells = Cells(a=1, b=1, c=1, d=1)
    cells.run(Fixed(20))
    assert [r for r, _ in cells.turns_taken] == sorted(r for r, _ in cells.turns_taken)
    orders = {tuple(n for r, n in cells.turns_taken if r == number) for number in range(20)}
    assert len(orders) > 5


def test_a_cell_that_needs_no_more_rests_and_the_others_go_on():
    cells = Cells(slow=10, quick=0.1)
    finished = cells.run(Fixed(9, budget_s=25))
    assert (cells.histories["slow"].rounds, finished["slow"].by) == (3, "budget")
    assert cells.histories["quick"].rounds == 9


def test_mates_stop_when_their_ratio_is_known_though_their_times_are_not():
    """The machine slows down all the time, for both alike: their ratio is clear at once."""
    cells = Cells(old=1.0, new=0.97, other=0.5)
    rule = Adaptive(target=0.01, min_rounds=6, max_rounds=30, budget_s=1e9)

    def slowing(name):
        take = cells._turn(name)
        return lambda number: take(number) * 1.05**number

    turns = {name: slowing(name) for name in cells.turn_s}
    histories = {name: History() for name in turns}
    finished = take_rounds(
        turns,
        rule,
        order=random.Random(0),
        groups=Groups(mates=[("old", "new")]),
        histories=histories,
    )
    assert {name: past.rounds for name, past in histories.items()} == {
        "old": 6,
        "new": 6,
        "other": 30,
    }
    assert finished["new"].by == finished["old"].by == "target"
    assert finished["new"].why.startswith("ratio to old: interval ")
    assert finished["other"].by == "rounds"


def test_a_spent_budget_ends_mates_too():
    cells = Cells(old=10, new=0.1)
    finished = cells.run(Fixed(9, budget_s=25), groups=Groups(mates=[("old", "new")]))
    assert {name: past.rounds for name, past in cells.histories.items()} == {"old": 3, "new": 3}
    assert finished["new"].by == "budget"


def test_a_mate_that_breaks_does_not_hold_the_other():
    cells = Cells(old=1, new=1)
    cells.breaks = {"new": 1}
    finished = cells.run(Fixed(4), groups=Groups(mates=[("old", "new")]))
    assert list(finished) == ["old"]
    assert cells.rounds_of("old") == [0, 1, 2, 3]


def test_a_broken_cell_leaves_and_is_not_finished():
    cells = Cells(a=1, b=1)
    cells.breaks = {"a": 1}
    finished = cells.run(Fixed(3))
    assert list(finished) == ["b"]
    assert cells.rounds_of("a") == [0, 1]


def test_a_resumed_run_counts_what_was_measured_and_numbers_rounds_on():
    cells = Cells(a=1, b=1)
    past = {"a": History(dict.fromkeys(range(3), 1.0), spent_s=3.0)}
    cells.run(Fixed(4), histories=past, first_round=3)
    assert cells.rounds_of("a") == [3]
    assert cells.rounds_of("b") == [3, 4, 5, 6]
    assert cells.histories["a"].rounds == 4


def test_what_was_finished_before_needs_no_turn():
    cells = Cells(a=1)
    finished = cells.run(
        Fixed(2), histories={"a": History(dict.fromkeys(range(2), 1.0), 2.0)}, first_round=2
    )
    assert cells.turns_taken == []
    assert finished["a"].by == "rounds"


def test_another_start_begins_anew_and_keeps_count():
    history = History(dict.fromkeys(range(3), 1.0), spent_s=3.0, samples=9)
    history.enter(0)
    assert history == History(dict.fromkeys(range(3), 1.0), spent_s=3.0, samples=9)
    history.enter(1)
    history.taken_s[3] = 2.0
    assert (history.rounds, history.rounds_s, history.spent_s, history.samples) == (4, [2.0], 0, 9)


def test_no_cells_is_no_rounds():
    assert take_rounds({}, Fixed(3), order=random.Random(0)) == {}


# --- who is beyond doubt slower ----------------------------------------------------------------


def test_who_is_beyond_doubt_slower_is_finished_and_the_close_ones_go_on():
    cells = Cells(first=1.0, near=1.02, far=2.0)
    finished = cells.run(Fixed(9), groups=Groups(rivals=[("first", "near", "far")]))
    assert {name: past.rounds for name, past in cells.histories.items()} == {
        "first": 9,
        "near": 9,
        "far": 3,
    }
    assert finished["far"].by == "slower"
    assert finished["far"].why == "2 times as long as first or longer in 3 rounds"


def test_one_round_within_doubt_keeps_a_cell_in():
    cells = Cells(first=1.0, far=2.0)
    turns = cells.turns()
    lucky = turns["far"]
    turns["far"] = lambda number: 1.2 if number == 1 else lucky(number)
    known = {name: History() for name in turns}
    groups = Groups(rivals=[("first", "far")])
    rule = Fixed(6)
    take_rounds(turns, rule, order=random.Random(0), groups=groups, histories=known)
    assert known["far"].rounds == 6


def test_rounds_are_paired_by_number_not_by_place():
    """Broken off in mid-round: one has a round that the other lacks."""
    own, base = History({0: 1.0, 1: 10.0, 2: 100.0}), History({1: 10.0, 2: 100.0})
    assert own.ratios(base) == [1.0, 1.0]


def test_those_of_another_precision_are_no_rivals():
    cells = Cells(half=1.0, single=2.0)
    cells.run(Fixed(5), groups=Groups(rivals=[("half",), ("single",)]))
    assert cells.histories["single"].rounds == 5


# --- when the run's time is up -----------------------------------------------------------------


def test_when_time_is_up_every_cell_still_gets_its_first_round():
    cells = Cells(a=1, b=1, c=1)
    finished = cells.run(Fixed(9), over=lambda: cells.clock.now_s >= 1)
    assert {name: past.rounds for name, past in cells.histories.items()} == dict.fromkeys("abc", 1)
    assert {ending.by for ending in finished.values()} == {"time"}


def test_what_is_finished_when_time_is_up_keeps_its_reason():
    cells = Cells(a=1)
    finished = cells.run(Fixed(2), over=lambda: cells.clock.now_s >= 2)
    assert finished["a"].by == "rounds"

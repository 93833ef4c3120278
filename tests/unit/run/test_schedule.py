"""The order of a run's cases, and what they are foretold to cost."""

import itertools
import json
import math
from dataclasses import replace
from types import SimpleNamespace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.contenders.spec import Contender, parse
from bench.plan import cost_forecast
from bench.plan.cost_forecast import Forecast
from bench.plan.feasibility import SpeedEstimate
from bench.plan.presets import PRESETS
from bench.run import schedule
from bench.run.rounds import History
from bench.run.schedule import breadth_first
from frameworks.interface import Device
from suites import catalog
from suites.workload import Product

QUICK = PRESETS["quick"]


def product(n):
    return Product(suite="matmul", name="square", m=n, k=n, n=n)


def contender(text="torch"):
    device = Device(id="cpu", kind="cpu", name="a CPU")
    return Contender(parse([text])[0], device, "float32", None)


def seen(tmp_path, preset="quick", others=None):
    settings = {"preset": preset, **(others or {})}
    return Forecast(SpeedEstimate(5.0), PRESETS[preset], tmp_path / "costs.json", settings)


# --- the order -----------------------------------------------------------------------------------


def test_every_suite_is_visited_before_any_is_visited_twice():
    plan = [(name, w) for name in catalog.DEFAULT for w in catalog.cases(name, "quick")]
    ordered = breadth_first(plan)
    assert sorted(ordered, key=repr) == sorted(plan, key=repr)
    assert [suite for suite, _ in ordered[: len(catalog.DEFAULT)]] == list(catalog.DEFAULT)


def test_the_cheapest_case_of_a_suite_comes_first():
    ordered = breadth_first([("matmul", product(n)) for n in (512, 64, 2048)])
    assert [work.n for _, work in ordered] == [64, 512, 2048]


@given(st.lists(st.tuples(st.sampled_from("abc"), st.integers(1, 50)), max_size=30))
def test_nothing_is_lost_and_suites_take_turns(cases):
    plan = [(suite, product(n)) for suite, n in cases]
    ordered = breadth_first(plan)
    assert sorted(map(repr, ordered)) == sorted(map(repr, plan))
    left = {suite: sum(s == suite for s, _ in plan) for suite in "abc"}
    for (one, _), (other, _) in itertools.pairwise(ordered):
        left[one] -= 1
        assert one != other or not any(n for suite, n in left.items() if suite != one)


# --- the schedule -------------------------------------------------------------------------------


class FakeCase:
    """Each visit takes ten seconds of the run's clock; names in `open_` are undecided."""

    def __init__(self, session, suite, workload):
        self.session, self.suite, self.workload = session, suite, workload

    def visit(self, supervisors, rule):
        self._note("first", rule)

    def visit_again(self, supervisors, rule):
        self._note("again", rule)

    def front(self, supervisors):
        return supervisors if self.workload.n in self.session.open_ else []

    def _note(self, kind, rule):
        self.session.at_s += 10
        self.session.visits.append((kind, self.suite, self.workload.n, rule.max_rounds))


class FakeSession:
    def __init__(self, time_s, open_=()):
        self.preset = replace(QUICK, time_s=time_s)
        self.at_s, self.visits, self.open_ = 0.0, [], set(open_)
        self.progress = SimpleNamespace(left=lambda seconds: None)

    @property
    def left_s(self):
        return math.inf if self.preset.time_s is None else self.preset.time_s - self.at_s

    def history(self, supervisor, workload):
        return History(dict.fromkeys(range(6), 1.0), spent_s=1.0)

    def foretold_s(self, workload, supervisors, rounds):
        return 1.0


def toured(session, sizes, monkeypatch):
    monkeypatch.setattr(schedule, "Case", FakeCase)
    plan = [(suite, product(n)) for suite, n in sizes]
    schedule.Schedule(session, plan, ["one", "other"]).go()  # type: ignore[list-item]
    return [(kind, n) for kind, _, n, _ in session.visits]


def test_undecided_cases_come_again_after_two_thirds_of_the_time(monkeypatch):
    session = FakeSession(100.0, open_={1, 3})
    visits = toured(session, [("a", n) for n in range(1, 13)], monkeypatch)
    assert visits[:7] == [("first", n) for n in range(1, 8)]
    assert visits[7:9] == [("again", 1), ("again", 3)]
    assert visits[9:][0] == ("first", 8)


def test_every_suite_is_visited_before_any_case_comes_again(monkeypatch):
    session = FakeSession(30.0, open_={1})
    visits = toured(session, [(suite, 1) for suite in "abcdef"], monkeypatch)
    assert visits[:6] == [("first", 1)] * 6


def test_first_visits_are_short_where_time_is_and_long_where_it_is_not(monkeypatch):
    session = FakeSession(1000.0, open_={1})
    toured(session, [("a", 1)], monkeypatch)
    assert [(kind, rounds) for kind, _, _, rounds in session.visits] == [
        ("first", QUICK.min_rounds),
        ("again", QUICK.max_rounds),
        ("again", QUICK.max_rounds),
    ]
    unlimited = FakeSession(None, open_={1})
    toured(unlimited, [("a", 1)], monkeypatch)
    assert [(kind, rounds) for kind, _, _, rounds in unlimited.visits] == [
        ("first", QUICK.max_rounds)
    ]


# --- the cost ------------------------------------------------------------------------------------


def test_a_larger_case_costs_more(tmp_path):
    costs = [seen(tmp_path).cell_s(contender(), product(n), 6) for n in (64, 1024, 4096)]
    assert costs == sorted(costs)
    assert costs[0] > 6 * QUICK.slice_s


def test_what_a_case_took_is_foretold_for_it_in_this_run_and_in_later_ones(tmp_path):
    first = seen(tmp_path)
    first.learn_cell(contender(), product(512), 6, 12.5)
    first.learn_reference(product(512), 3.5)
    first.save()
    for again in (first, seen(tmp_path)):
        assert again.cell_s(contender(), product(512), 6) == 12.5
        assert again.reference_s(product(512)) == 3.5
    assert seen(tmp_path, "smoke").cell_s(contender(), product(512), 3) != 12.5


def test_a_contender_slower_than_foretold_is_foretold_to_be_so_elsewhere(tmp_path):
    costs = seen(tmp_path)
    before = costs.cell_s(contender(), product(128), 6)
    costs.learn_cell(contender(), product(64), 6, 3 * costs.cell_s(contender(), product(64), 6))
    assert costs.cell_s(contender(), product(128), 6) == pytest.approx(3 * before)
    assert costs.cell_s(contender("jax"), product(128), 6) == pytest.approx(before)


def test_one_wild_case_does_not_condemn_all(tmp_path):
    costs = seen(tmp_path)
    before = costs.cell_s(contender(), product(128), 6)
    costs.learn_cell(contender(), product(64), 6, 1e6)
    assert costs.cell_s(contender(), product(128), 6) <= 20.001 * before


@pytest.mark.parametrize(
    "text",
    ["", "{", "[1, 2]", '"x"', "[" * 100_000, "NaN", '{"a": NaN}', '{"a": -1, "b": "x", "c": []}'],
)
def test_a_file_of_costs_that_is_none_is_as_good_as_none(tmp_path, text):
    (tmp_path / "costs.json").write_text(text)
    costs = seen(tmp_path)
    assert costs.cell_s(contender(), product(64), 6) > 0
    costs.save()
    assert json.loads((tmp_path / "costs.json").read_text()) == {}


def test_no_more_is_remembered_than_a_file_should_hold(tmp_path, monkeypatch):
    monkeypatch.setattr(cost_forecast, "MOST", 3)
    costs = seen(tmp_path)
    for n in range(1, 9):
        costs.learn_reference(product(n), 1.0)
    costs.save()
    assert len(json.loads((tmp_path / "costs.json").read_text())) == 3


def test_other_settings_cost_otherwise_and_are_remembered_apart(tmp_path):
    """What twelve starts took would leave most of the next plain run's cases out."""
    many = seen(tmp_path, others={"preset_starts": 12})
    many.learn_cell(contender(), product(512), 6, 120.0)
    many.save()
    assert seen(tmp_path).cell_s(contender(), product(512), 6) < 12
    again = seen(tmp_path, others={"preset_starts": 12, "seed": 7, "preset_time_s": 60.0})
    assert again.cell_s(contender(), product(512), 6) == 120.0

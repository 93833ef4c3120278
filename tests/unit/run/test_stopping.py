"""When sampling stops: the interval, the noise, the budget, the most rounds; never too early."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.run.stopping import Adaptive, noise_is_stable, relative_width, rounds_needed

RULE = Adaptive(target=0.01, min_rounds=6, max_rounds=40, budget_s=10)


def rounds(count, noise, seed=0):
    return list(1 + noise * np.random.default_rng(seed).standard_normal(count))


def test_calm_rounds_end_as_soon_as_they_may():
    calm = rounds(6, 1e-4)
    assert RULE.ending(calm[:5], 0) is None
    ending = RULE.ending(calm, 0)
    assert ending.by == "target"
    assert ending.interval < 0.01
    assert "reached after 6 rounds" in ending.why


def test_the_target_is_held_against_the_whole_width():
    noisy = rounds(12, 0.01)
    width = relative_width(noisy)
    for target, done in ((width * 1.001, True), (width * 0.999, False)):
        rule = Adaptive(target=target, min_rounds=6, max_rounds=40, budget_s=10)
        assert (rule.ending(noisy, 0) is not None) == done


def test_noise_that_will_never_do_ends_before_the_budget():
    loud = rounds(39, 0.3)
    endings = [RULE.ending(loud[:count], 0) for count in range(3, 40)]
    first = next(ending for ending in endings if ending)
    assert first.by == "noise"
    assert "would take about" in first.why


def test_noise_is_not_judged_while_it_still_changes():
    settling = [1 + 0.5 ** (number / 2) for number in range(30)]
    assert not noise_is_stable(settling)
    assert noise_is_stable(rounds(80, 0.1))
    assert not noise_is_stable(rounds(15, 0.1))  # too few


def test_the_budget_and_the_most_rounds_end_it():
    loud = rounds(40, 0.05)
    assert RULE.ending(loud[:7], 9.99) is None
    assert RULE.ending(loud[:7], 10.0).by == "budget"
    assert RULE.ending(loud[:2], 1e9) is None  # two rounds tell no spread
    assert RULE.ending(loud, 0).by in ("rounds", "noise")


def test_four_times_the_rounds_halve_the_interval():
    noisy = rounds(100, 0.02)
    width = relative_width(noisy)
    assert rounds_needed(noisy, width / 2) == pytest.approx(400, rel=0.01)


@given(
    values=st.lists(st.floats(1e-9, 1e3), min_size=0, max_size=60),
    spent_s=st.floats(0, 1e6),
    most=st.integers(3, 50),
)
def test_the_rule_always_ends_and_never_before_the_least_rounds(values, spent_s, most):
    ending = Adaptive(0.01, min(6, most), most, budget_s=10).ending(values, spent_s)
    if len(values) < 3:
        assert ending is None
    elif len(values) >= most or spent_s >= 10:
        assert ending is not None


def test_mates_go_on_in_noise_while_a_word_is_in_reach_and_no_longer():
    rule = Adaptive(target=0.005, min_rounds=6, max_rounds=60, budget_s=1e9)

    def first(middle, *, ratio):
        loud = middle * np.array(rounds(59, 0.02, seed=3))
        endings = ((n, rule.ending(loud[:n], 0, ratio=ratio)) for n in range(6, 60))
        return next(((n, each.by) for n, each in endings if each), None)

    given_up_at, why = first(1.04, ratio=False)
    assert why == "noise"
    assert (first(1.04, ratio=True) or (99,))[0] >= given_up_at
    hopeless = first(1.0101, ratio=True)
    assert hopeless is not None
    assert hopeless[1] == "noise"

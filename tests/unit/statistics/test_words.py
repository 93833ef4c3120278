"""The word a ratio deserves: what few rounds tell, what a start and a family of words forbid."""

from __future__ import annotations

import dataclasses
import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.statistics import combined, estimates, multiplicity, quantiles
from bench.statistics.estimates import BEYOND, Estimate, Series
from bench.statistics.multiplicity import Family
from reports.analysis import unresolved_hint

LOGS = st.floats(-0.5, 0.5)


def series(logs, start=0):
    """Rounds of these log times, of one start or of as many as `start` says."""
    times = np.exp(np.asarray(logs, dtype=float))
    return Series(np.arange(len(times)), times, np.broadcast_to(start, times.shape))


def paired(logs, start=0) -> Estimate:
    found = estimates.ratio(series(logs, start), series(np.zeros(len(logs)), start))
    assert found
    return found


def noisy(middle: float, noise: float, rounds: int, seed: int = 0):
    values = noise * np.random.default_rng(seed).standard_normal(rounds)
    return middle + values - np.median(values)


# --- few rounds -------------------------------------------------------------------------------


@pytest.mark.parametrize("rounds", [3, 4, 5])
def test_few_rounds_tell_only_what_each_of_them_shows(rounds: int) -> None:
    far = np.full(rounds, math.log(BEYOND) + 0.01)
    assert estimates.word(paired(far)) == "slower"
    assert estimates.word(paired(-far)) == "faster"
    far[1] -= 0.02
    assert estimates.word(paired(far)) == "unresolved"
    assert estimates.word(paired(np.zeros(rounds))) == "unresolved"
    assert paired(far).interval is None


def test_two_rounds_tell_nothing() -> None:
    assert estimates.word(paired([3.0, 3.0])) == "unresolved"
    assert estimates.word(None) == "unresolved"


def test_a_wider_threshold_asks_more_of_few_rounds_as_well() -> None:
    assert estimates.word(paired([0.3] * 3), threshold=0.5) == "unresolved"
    assert estimates.word(paired([0.5] * 3), threshold=0.5) == "slower"


def test_only_rounds_that_both_took_part_in_count() -> None:
    """25 rounds of its own do not make a word of four that were shared."""
    own = Series(np.arange(25), np.full(25, 1.1), np.zeros(25, dtype=int))
    base = Series(np.array([0, 1, 2, 3]), np.ones(4), np.zeros(4, dtype=int))
    found = estimates.ratio(own, base)
    assert found
    assert (found.repeats, estimates.word(found)) == (4, "unresolved")


# --- a start ----------------------------------------------------------------------------------


def test_one_start_does_not_tell_what_another_could_be() -> None:
    near = noisy(0.015, 0.0005, 12)
    assert estimates.word(paired(near)) == "unresolved"
    assert estimates.word(paired(near, np.arange(12))) == "slower"
    assert estimates.word(paired(noisy(0.025, 0.0005, 12))) == "slower"


def test_same_is_said_without_that_allowance() -> None:
    assert estimates.word(paired(noisy(0.0, 0.002, 12))) == "same"


# --- a family ---------------------------------------------------------------------------------


def test_a_small_difference_takes_more_among_many_words() -> None:
    found = paired(noisy(0.05, 0.03, 8))
    assert estimates.word(found) == "slower"
    assert estimates.word(found, among=Family(1000)) == "unresolved"


def test_enough_rounds_show_it_although_one_of_them_was_disturbed() -> None:
    logs = noisy(0.05, 0.01, 25)
    logs[[3, 17]] += 0.8
    assert estimates.word(paired(logs), among=Family(1000)) == "slower"
    assert estimates.word(paired(logs[:8]), among=Family(1000)) == "unresolved"


def test_a_large_difference_is_told_however_many_words_there_are() -> None:
    assert estimates.word(paired(noisy(1.0, 0.1, 6)), among=Family(10**6)) == "slower"


@given(st.lists(LOGS, min_size=3, max_size=30), st.integers(1, 5000))
def test_swapping_swaps_the_word_and_more_comparisons_never_make_one(logs, among) -> None:
    opposite = {"slower": "faster", "faster": "slower"}
    there, back = (
        estimates.word(paired(sign * np.array(logs)), among=Family(among)) for sign in (1, -1)
    )
    # Nudged off the limits, where a rounded inverse may fall on either side.
    ends = paired(logs).interval or paired(logs).range or (1.0, 1.0)
    if all(min(abs(abs(math.log(e)) - math.log(x)) for x in (1.01, 1.25)) > 1e-9 for e in ends):
        assert back == opposite.get(there, there)
    alone = estimates.word(paired(logs))
    assert there in (alone, "unresolved")


def wrong_words(among: int, cases: int = 400, rounds: int = 6) -> int:
    """Of identical contenders, five a case: the leader is chosen by the same rounds."""
    draw, wrong = np.random.default_rng(1), 0
    for _ in range(cases):
        rows = sorted(draw.normal(0, 0.05, (5, rounds)), key=lambda row: float(np.median(row)))
        first = series(rows[0])
        words = [
            estimates.word(estimates.ratio(series(r), first), among=Family(among)) for r in rows
        ]
        wrong += sum(word in ("slower", "faster") for word in words)
    return wrong


def test_noise_alone_gives_no_words_where_their_number_is_counted() -> None:
    assert wrong_words(multiplicity.pairs([5] * 400)) == 0
    assert wrong_words(1) > 0


@pytest.mark.parametrize("rounds", [6, 12, 20])
def test_chance_alone_is_found_no_more_often_than_the_tail_says(rounds: int) -> None:
    logs = np.random.default_rng(2).standard_normal((4000, rounds))
    found = np.mean([multiplicity.differs(one, 0.0, Family(5)) for one in logs])
    assert 0.002 < found < 0.016  # either direction
    low, high = quantiles.intervals(logs)
    half, middle = (high - low) / 2, np.median(logs, axis=1)
    reach = [multiplicity.reach(each, rounds, 0.0, 0.005) for each in half.tolist()]
    assert np.mean(np.abs(middle) > reach) < 0.013


def test_comparisons_are_the_pairs_of_a_case() -> None:
    assert multiplicity.pairs([5] * 100) == 1000
    assert multiplicity.pairs([1, 0]) == 1


@pytest.mark.parametrize(
    ("tail", "degrees", "expected"),
    [(0.025, 5, 2.570582), (0.025, 1, 12.7062), (2.5e-5, 9, 7.2153), (0.005, 10_000, 2.5758)],
)
def test_students_quantiles_are_those_of_the_tables(tail, degrees, expected) -> None:
    assert quantiles.student(tail, degrees) == pytest.approx(expected, rel=2e-3)


@given(st.floats(1e-9, 0.4), st.integers(1, 400))
def test_fewer_degrees_reach_further(tail: float, degrees: int) -> None:
    assert quantiles.student(tail, degrees) >= quantiles.student(tail, degrees + 1) * (1 - 1e-6)
    assert quantiles.student(tail, degrees) >= quantiles.normal(tail) * (1 - 1e-6)


# --- runs made apart --------------------------------------------------------------------------


def test_runs_made_apart_are_allowed_to_differ() -> None:
    own, base = (estimates.time(series(noisy(each, 0.0005, 12))) for each in (0.02, 0.0))
    found = combined.unpaired(own, base)
    assert estimates.word(found) == "unresolved"
    assert found.interval
    assert found.interval[0] < math.exp(0.02 - 1.9 * combined.RUN_SHIFT)
    assert (
        estimates.word(
            combined.unpaired(
                *(estimates.time(series(noisy(each, 0.0005, 12))) for each in (0.06, 0.0))
            )
        )
        == "slower"
    )


def test_a_few_rounds_of_runs_made_apart_must_all_lie_apart() -> None:
    base = estimates.time(series([0.0, 0.1, 0.05]))
    assert estimates.word(combined.unpaired(estimates.time(series([0.4] * 3)), base)) == "slower"
    assert estimates.word(combined.unpaired(estimates.time(series([0.3] * 3)), base)) == (
        "unresolved"
    )


# --- what would settle it ---------------------------------------------------------------------


@given(LOGS, st.floats(0.0001, 0.1), st.integers(6, 40), st.integers(1, 500))
def test_so_many_more_rounds_would_settle_it(middle, noise, rounds, among) -> None:
    found = paired(noisy(middle, noise, rounds))
    if estimates.word(found, among=Family(among)) != "unresolved":
        return
    more = unresolved_hint.more_repeats(found, 0.01, Family(among))
    if more is not None:
        more_of_the_same = np.quantile(
            found.logs, np.linspace(0.5, rounds + more - 0.5, rounds + more) / (rounds + more)
        )
        shrunk = dataclasses.replace(
            found,
            logs=more_of_the_same,
            repeats=rounds + more,
            interval=tuple(
                found.value * (end / found.value) ** math.sqrt(rounds / (rounds + more))
                for end in found.interval
            ),
        )
        assert estimates.word(shrunk, among=Family(among)) != "unresolved"


def test_where_one_start_cannot_settle_it_starts_are_advised() -> None:
    near = paired(noisy(0.015, 0.0005, 12))
    assert unresolved_hint.needs_starts(near, 0.01)
    assert unresolved_hint.more_repeats(near, 0.01) is None
    assert not unresolved_hint.needs_starts(paired(noisy(0.05, 0.1, 12)), 0.01)


def test_what_lies_on_the_threshold_is_never_settled() -> None:
    assert unresolved_hint.more_repeats(Estimate(1.01, (1.0, 1.02), 10), 0.01) is None
    assert unresolved_hint.more_repeats(Estimate(1.0100001, (1.0, 1.02), 10), 0.01) is None
    assert unresolved_hint.more_repeats(Estimate(1.0, None, 2), 0.01) == 4


def test_the_advice_comes_true_more_often_than_not() -> None:
    draw, settled = np.random.default_rng(3), []
    for _ in range(150):
        logs = draw.normal(0.035, 0.03, 10)
        more = unresolved_hint.more_repeats(paired(logs), 0.01)
        if estimates.word(paired(logs)) == "unresolved" and more and more < 500:
            later = np.concatenate([logs, draw.normal(0.035, 0.03, more)])
            settled.append(estimates.word(paired(later)) != "unresolved")
    assert len(settled) > 50
    assert np.mean(settled) > 0.6


def test_the_order_of_rounds_does_not_change_a_word() -> None:
    logs = list(noisy(0.05, 0.02, 9))
    words = set()
    for seed in range(5):
        random.Random(seed).shuffle(logs)
        words.add(estimates.word(paired(logs), among=Family(3)))
    assert len(words) == 1


# --- noise that many pairs tell of together ---------------------------------------------------


def alike(noise, pairs: int, rounds: int = 6, seed: int = 4):
    draw = np.random.default_rng(seed)
    return [each * draw.standard_normal(rounds) for each in np.resize(noise, pairs)]


def test_noise_of_all_pairs_tells_what_six_rounds_of_one_cannot() -> None:
    near = paired(noisy(0.045, 0.01, 6, seed=1))
    among = multiplicity.of(1000, alike([0.01], 300))
    assert estimates.word(near, among=Family(1000)) == "unresolved"
    assert estimates.word(near, among=among) == "slower"
    assert math.sqrt(among.variance) == pytest.approx(0.01, rel=0.1)


def test_where_noise_differs_from_pair_to_pair_little_is_taken_from_the_others() -> None:
    same, mixed = (multiplicity.of(9, alike(noise, 600)) for noise in ([0.01], [0.001, 0.01, 0.1]))
    assert same.degrees > 50
    assert mixed.degrees < 2


def test_a_few_pairs_or_rounds_without_noise_tell_nothing_of_noise() -> None:
    assert multiplicity.of(9, alike([0.01], 5)) == Family(9)
    assert multiplicity.of(9, [np.zeros(6)] * 50) == Family(9)
    assert multiplicity.of(9, alike([0.01], 50, rounds=2)) == Family(9)


@given(st.floats(1e-5, 1.0), st.integers(4, 30))
def test_the_usual_noise_is_found_whatever_its_size(noise: float, rounds: int) -> None:
    found = multiplicity.of(9, alike([noise], 400, rounds))
    assert math.sqrt(found.variance) == pytest.approx(noise, rel=0.15)


@pytest.mark.parametrize("x", [0.05, 0.5, 1.0, 7.0, 300.0])
def test_digamma_and_trigamma_are_derivatives(x: float) -> None:
    step = 1e-4 * x
    slope = (math.lgamma(x + step) - math.lgamma(x - step)) / (2 * step)
    assert quantiles.digamma(x) == pytest.approx(slope, rel=1e-6, abs=1e-6)
    second = (quantiles.digamma(x + step) - quantiles.digamma(x - step)) / (2 * step)
    assert quantiles.trigamma(x) == pytest.approx(second, rel=1e-5)
    assert quantiles.inverse_trigamma(quantiles.trigamma(x)) == pytest.approx(x, rel=1e-6)

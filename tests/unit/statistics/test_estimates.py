"""Estimates: right on cases worked out by hand, and honest about doubt."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.statistics import combined
from bench.statistics import estimates as statistics
from bench.statistics.estimates import Estimate
from bench.statistics.quantiles import MOST_VALUES, bracket, intervals

TIMES = st.lists(st.floats(1e-9, 1e3), min_size=3, max_size=40).map(np.array)


def cell(*rounds_s: float) -> statistics.Locations:
    return statistics.locations(np.array(rounds_s), np.array([len(rounds_s)]))


def test_a_location_is_the_median_over_rounds_and_ignores_one_bad_round() -> None:
    assert cell(1.0, 1.1, 1.2, 1.3, 90.0).value_s == [1.2]


def test_cells_of_different_length_do_not_mix() -> None:
    rounds_s = np.array([1.0, 2, 3, 4, 5, 6, 1, 2, 3, 10, 20])
    found = statistics.locations(rounds_s, np.array([6, 3, 2]))
    assert found.value_s.tolist() == [3.5, 2, 15]
    assert np.isnan(found.low_s).tolist() == [False, True, True]
    assert np.isnan(found.spread).tolist() == [False, False, True]


def test_times_of_neighbouring_rounds_resemble_each_other_so_their_interval_is_wider() -> None:
    counts, rounds_s = np.array([6]), np.array([1.0, 1.1, 1.2, 1.3, 1.4, 1.5])
    plain = statistics.locations(rounds_s, counts)
    wider = statistics.locations(rounds_s, counts, correlated=True)
    assert wider.value_s == plain.value_s
    both = np.log(wider.high_s / wider.value_s), np.log(plain.high_s / plain.value_s)
    assert both[0] == pytest.approx(1.36 * both[1])


def test_medians_of_empty_groups_are_unknown() -> None:
    found = statistics.medians(np.array([3.0, 1, 2]), np.array([0, 3, 0]))
    assert found[1] == 2
    assert np.isnan(found[[0, 2]]).all()


@given(st.lists(st.lists(st.floats(0, 1e6), max_size=9), max_size=9))
def test_medians_agree_with_numpy(groups: list[list[float]]) -> None:
    flat = np.array([value for group in groups for value in group])
    found = statistics.medians(flat, np.array([len(g) for g in groups], dtype=np.int64))
    expected = [np.median(group) if group else math.nan for group in groups]
    np.testing.assert_allclose(found, expected)


@given(
    st.lists(st.lists(st.floats(0, 1e6), min_size=1, max_size=9), min_size=1, max_size=9),
    st.sampled_from([0.0, 0.25, 0.75, 1.0]),
)
def test_quantiles_agree_with_numpy(groups: list[list[float]], share: float) -> None:
    flat = np.array([value for group in groups for value in group])
    found = statistics.quantiles(flat, np.array([len(g) for g in groups]), share)
    np.testing.assert_array_equal(found, [np.quantile(group, share) for group in groups])


def test_spread_is_the_standard_deviation_of_normal_rounds() -> None:
    rounds = np.random.default_rng(1).normal(2.0, 0.1, 20_000)
    found = statistics.locations(rounds, np.array([rounds.size])).spread[0]
    assert found == pytest.approx(0.05, rel=0.05)


def test_two_rounds_have_no_interval() -> None:
    assert statistics.interval(np.array([1.0, 2.0])) is None
    assert statistics.interval(np.array([1.0, 2.0, 3.0])) is not None


@given(TIMES)
def test_an_interval_holds_the_median_and_repeats_exactly(times: np.ndarray) -> None:
    found = statistics.interval(times)
    assert found is not None
    rounding = 1e-12  # ends are those of logarithms
    assert found[0] * (1 - rounding) <= np.median(times) <= found[1] * (1 + rounding)
    assert found == statistics.interval(times[::-1])


def test_an_interval_covers_the_truth_about_as_often_as_it_says() -> None:
    rounds = np.random.default_rng(2).normal(1.0, 0.05, (2000, 15))
    low, high = intervals(rounds)
    assert np.mean((low <= 1) & (high >= 1)) == pytest.approx(0.95, abs=0.03)


def test_a_million_rounds_take_no_minutes_and_cover_alike() -> None:
    """So many are forged; the shortcut meets the exact figure where it begins."""
    assert bracket(1_000_000)[0] == pytest.approx(500_000 - 980, abs=1)
    exact, _ = bracket(MOST_VALUES)
    assert bracket(MOST_VALUES + 1)[0] == pytest.approx(exact, abs=1)


def test_few_rounds_cover_less_as_documented() -> None:
    rounds = np.random.default_rng(3).normal(1.0, 0.05, (4000, 3))
    low, high = intervals(rounds)
    assert np.mean((low <= 1) & (high >= 1)) == pytest.approx(0.75, abs=0.03)


def series(
    times_s: npt.ArrayLike, rounds: npt.ArrayLike | None = None, starts: npt.ArrayLike = 0
) -> statistics.Series:
    """Rounds numbered from 0, of one start, unless told otherwise."""
    times = np.asarray(times_s, dtype=float)
    numbers = np.arange(len(times)) if rounds is None else np.asarray(rounds)
    return statistics.Series(numbers, times, np.broadcast_to(starts, times.shape))


def test_a_ratio_pairs_rounds_so_that_common_drift_cancels() -> None:
    drift = np.array([1.0, 3.0, 0.5, 2.0, 7.0, 9.0])
    found = statistics.ratio(series(1.5 * drift), series(drift))
    assert found is not None
    assert found.value == pytest.approx(1.5)
    assert found.interval == pytest.approx((1.5, 1.5))


def test_a_ratio_uses_only_rounds_both_took_part_in() -> None:
    found = statistics.ratio(series([9.0, 2, 4]), series([1.0, 2, 9], rounds=[1, 2, 5]))
    assert found is not None
    assert (found.value, found.interval) == (pytest.approx(2), None)  # type: ignore[comparison-overlap]
    assert statistics.ratio(series([1.0]), series([1.0], rounds=[1])) is None


def test_of_several_starts_each_counts_once() -> None:
    """Six rounds of one start say no more of another start than one round does."""
    starts = [0] * 6 + [1] * 2 + [2]
    times = [1.0, 1, 1, 1, 1, 1, 2, 4, 5]
    found = statistics.ratio(series(times, starts=starts), series([1.0] * 9, starts=starts))
    assert found is not None
    assert (found.value, found.interval) == (pytest.approx(8**0.5), None)  # type: ignore[comparison-overlap]
    assert (found.repeats, found.starts, found.start_shift) == (3, 3, 0.0)
    assert found.range == pytest.approx((1, 5))


@given(st.permutations(range(12)))
def test_the_order_of_rounds_does_not_matter(order: list[int]) -> None:
    random = np.random.default_rng(5)
    own, base = random.lognormal(size=(2, 12))
    starts = np.repeat([0, 1, 2], 4)
    shuffled = statistics.Series(np.array(order), own[order], starts[order])
    expected = statistics.ratio(series(own, starts=starts), series(base, starts=starts))
    assert statistics.ratio(shuffled, series(base, starts=starts)) == expected


def test_starts_that_differ_by_more_than_their_rounds_are_told_by_starts_alone() -> None:
    """Each start has a bias of its own: intervals from rounds would miss the truth."""
    random = np.random.default_rng(6)
    held = {True: 0, False: 0}
    for _ in range(400):
        bias = np.repeat(random.normal(0, 0.01, 8), 10)
        own = np.exp(bias + random.normal(0, 0.003, 80))
        for several in held:
            starts = np.repeat(np.arange(8), 10) if several else np.zeros(80, int)
            found = statistics.ratio(series(own, starts=starts), series(np.ones(80), starts=starts))
            assert found is not None and found.interval is not None
            held[several] += found.interval[0] <= 1 <= found.interval[1]
    assert held[True] >= 0.93 * 400
    assert held[False] < 0.75 * 400


@pytest.mark.parametrize(
    ("ends", "word"),
    [
        ((1.02, 1.05), "slower"),
        ((0.9, 0.98), "faster"),
        ((0.995, 1.005), "same"),
        ((0.98, 1.05), "unresolved"),
        ((1.005, 1.05), "unresolved"),
        ((1.01, 1.01), "same"),
        (None, "unresolved"),
    ],
)
def test_the_verdict_needs_the_whole_interval(ends: statistics.Interval | None, word: str) -> None:
    assert statistics.verdict(ends) == word


@given(st.floats(0.5, 2), st.floats(1, 1.5))
def test_swapping_two_contenders_swaps_the_verdict(low: float, width: float) -> None:
    opposite = {"faster": "slower", "slower": "faster"}
    word = statistics.verdict((low, low * width))
    # Nudged off the limits, where a rounded inverse may fall on either side.
    if all(abs(abs(math.log(end)) - math.log(1.01)) > 1e-9 for end in (low, low * width)):
        assert statistics.verdict((1 / (low * width), 1 / low)) == opposite.get(word, word)


def test_a_true_difference_of_three_percent_is_found_through_heavy_noise() -> None:
    random = np.random.default_rng(4)
    drift = np.exp(0.1 * random.standard_normal(25))
    noise = np.exp(0.005 * random.standard_normal((2, 25)))
    found = statistics.ratio(series(1.03 * drift * noise[0]), series(drift * noise[1]))
    assert found is not None
    assert statistics.verdict(found.interval) == "slower"


def test_an_unpaired_interval_holds_the_truth() -> None:
    """Cells of 12 rounds, one noisier than the other, both with a long tail."""
    random, held = np.random.default_rng(3), 0
    for _ in range(1000):
        own, base = (random.lognormal(0, each, 12) for each in (0.05, 0.02))
        estimates = [Estimate(float(np.median(x)), statistics.interval(x)) for x in (own, base)]
        ends = combined.unpaired(*estimates).interval
        assert ends is not None
        held += ends[0] <= 1 <= ends[1]
    assert held >= 930


@given(st.lists(st.floats(1e-6, 1e3), min_size=6, max_size=6).map(sorted))
def test_an_unpaired_ratio_is_inverted_by_swapping(ends: list[float]) -> None:
    own, base = Estimate(ends[1], (ends[0], ends[2])), Estimate(ends[4], (ends[3], ends[5]))
    there, back = combined.unpaired(own, base), combined.unpaired(base, own)
    assert there.interval is not None
    assert back.interval is not None
    assert there.value == pytest.approx(1 / back.value)
    assert there.interval[0] == pytest.approx(1 / back.interval[1])

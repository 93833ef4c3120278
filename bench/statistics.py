"""Times and ratios estimated from rounds, with intervals, and the word a comparison deserves.

A round holds one slice of every contender, so drift and throttling hit all of them alike. Rounds
are taken as independent and alike; samples inside a slice are not, and are reduced to their median.
Where contenders were started several times, the starts are what is independent, and each start's
rounds are reduced to theirs (docs/decisions/0011-starts.md). Medians, because single slices on a
shared machine are off by 15 to 100 %. Why no bootstrap:
docs/decisions/0010-intervals-from-order-statistics.md.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import cache
from itertools import zip_longest
from statistics import NormalDist
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Interval = tuple[float, float]
Verdict = Literal["faster", "slower", "same", "unresolved"]

THRESHOLD = 0.01
"""A difference smaller than this is called no difference."""

MIN_ROUNDS = 3
"""Rounds below which no spread can be told."""

ENOUGH_ROUNDS = 6
"""Fewer cannot reach 95 %: an interval of n rounds covers at most 1 - 2^(1-n)."""

MOST_ROUNDS = 10_000
"""More than any run takes."""

CONFIDENCE = 0.95

_NORMAL = 1.4826
"""MAD of normal values times this is their standard deviation (Rousseeuw & Croux, 1993)."""

_FENCE = 1.5
"""Interquartile ranges beyond the quartiles at which a value is an outlier (Tukey, 1977)."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; None where too few rounds tell one."""

    value: float
    interval: Interval | None


@dataclass(frozen=True)
class Locations:
    """Estimates of many cells: [cells] each, NaN where too few rounds tell."""

    value_s: Floats
    low_s: Floats
    high_s: Floats
    spread: Floats
    """Standard deviation of the values relative to their median, estimated from the MAD."""


def locations(rounds_s: Floats, counts: Integers) -> Locations:
    """Median of each cell; a cell is `counts` consecutive values, one a round or one a start."""
    value, ends = medians(rounds_s, counts), np.cumsum(counts)
    deviation = medians(np.abs(rounds_s - np.repeat(value, counts)), counts)
    low, high = np.full((2, len(counts)), np.nan)
    for size in np.unique(counts[counts >= MIN_ROUNDS]):
        alike = np.flatnonzero(counts == size)
        at = (ends[alike] - size)[:, np.newaxis] + np.arange(size)
        low[alike], high[alike] = intervals(rounds_s[at])
    told = counts >= MIN_ROUNDS
    spread = np.where(told, _NORMAL * deviation / value, np.nan)
    return Locations(value, low, high, spread)


class Series(NamedTuple):
    """A cell's rounds: their numbers, their times, and the start that each belongs to."""

    rounds: Integers
    times_s: Floats
    starts: Integers


def ratio(own: Series, base: Series) -> Estimate | None:
    """How many times as long as the base: exp(median of the paired log ratios).

    Only rounds that both took part in count; None when there are none. Above 1 is slower.
    """
    return ratios([(own, base)])[0]


def ratios(pairings: Sequence[tuple[Series, Series]]) -> list[Estimate | None]:
    """`ratio` of each cell and its base, at once: thousands cost little more than one."""
    logs = [paired_logs(own, base) for own, base in pairings]
    found: list[Estimate | None] = [None] * len(logs)
    for size in {len(each) for each in logs} - {0}:
        alike = [at for at, each in enumerate(logs) if len(each) == size]
        values = np.stack([logs[at] for at in alike])
        middle = np.exp(np.median(values, axis=1)).tolist()
        ends = [np.exp(end).tolist() for end in intervals(values)] if size >= MIN_ROUNDS else []
        for at, value, both in zip_longest(alike, middle, zip(*ends, strict=True)):
            found[at] = Estimate(value, both)
    return found


def repeats(rounds: int, starts: int) -> int:
    """How many independent values an interval rests on."""
    return starts if starts > 1 else rounds


def paired_logs(own: Series, base: Series) -> Floats:
    """Logarithms of the ratios of the rounds that both took part in; of several starts, the median
    of each start."""
    times_s, base_times_s, starts = own.times_s, base.times_s, own.starts
    if not np.array_equal(own.rounds, base.rounds):
        _, at, base_at = np.intersect1d(own.rounds, base.rounds, return_indices=True)
        times_s, base_times_s, starts = times_s[at], base_times_s[base_at], starts[at]
    # Clipped to what exp can undo: only a forged record gets so far.
    logs = np.asarray(np.clip(np.log(times_s) - np.log(base_times_s), -700, 700))
    if len(logs) == 0 or np.all(starts == starts[0]):
        return logs
    _, group, counts = np.unique(starts, return_inverse=True, return_counts=True)
    return medians(logs[np.argsort(group, kind="stable")], counts)


def unpaired(own: Estimate, base: Estimate) -> Estimate:
    """How many times as long as the base, of two times that shared no rounds.

    On the logarithm the distances from each estimate to its interval's ends add as squares (MOVER:
    Zou & Donner, Statistics in Medicine 27, 2008). Takes both as measured independently; what
    changed between the two runs as a whole is in neither interval. No interval where one lacks.
    """
    middle = math.log(own.value / base.value)
    if own.interval is None or base.interval is None:
        return Estimate(math.exp(middle), None)
    below, above = (abs(math.log(end / own.value)) for end in own.interval)
    base_below, base_above = (abs(math.log(end / base.value)) for end in base.interval)
    low, high = middle - math.hypot(below, base_above), middle + math.hypot(above, base_below)
    return Estimate(math.exp(middle), (math.exp(low), math.exp(high)))


def more_repeats(
    estimate: Estimate, repeats: int, threshold: float = THRESHOLD, least: int = 0
) -> int | None:
    """About how many rounds (or starts) beyond these would give the ratio another word than
    unresolved.

    An interval's width falls with their root; the estimate is taken as staying where it is, and
    `least` of them as needed anyway. None where it lies too near the threshold.
    """
    limit, middle = math.log1p(threshold), math.log(estimate.value)
    if abs(middle) == limit or estimate.interval is None:
        return None if estimate.interval else max(least - repeats, 1)
    low, high = (math.log(end) for end in estimate.interval)
    if abs(middle) > limit:
        beyond = (middle - low if middle > 0 else high - middle) / (abs(middle) - limit)
    else:
        beyond = max((high - middle) / (limit - middle), (middle - low) / (limit + middle))
    needed = repeats * beyond**2
    return max(math.ceil(needed) - repeats, least - repeats, 1) if needed <= MOST_ROUNDS else None


def word(estimate: Estimate | None, repeats: int, threshold: float = THRESHOLD) -> Verdict:
    """The verdict on a ratio of so many rounds or starts: fewer than tell 95 % resolve nothing."""
    told = estimate.interval if estimate and repeats >= ENOUGH_ROUNDS else None
    return verdict(told, threshold)


def verdict(ends: Interval | None, threshold: float = THRESHOLD) -> Verdict:
    """The word for a ratio's interval: it must lie wholly on one side to be faster or slower.

    The limits are 1 + threshold and its inverse: swapping two contenders swaps the words.
    """
    if ends is None:
        return "unresolved"
    low, high = ends
    limit = 1 + threshold
    if high < 1 / limit:
        return "faster"
    if low > limit:
        return "slower"
    return "same" if low >= 1 / limit and high <= limit else "unresolved"


def spread(values: Floats) -> float:
    """Standard deviation relative to the median, estimated from the MAD."""
    middle = np.median(values)
    return float(_NORMAL * np.median(np.abs(values - middle)) / middle)


def interval(values: Floats) -> Interval | None:
    """95 % interval of the median, from order statistics interpolated between two that bracket
    the confidence (Hettmansperger & Sheather, Statistics & Probability Letters 4, 1986).

    Assumes independent values of one continuous distribution, whatever its shape. None below three
    values. It cannot reach beyond the values, so n of them cover at most 1 - 2^(1-n): 75 % for
    three, 94 % for five, the full 95 % from six on.
    """
    if len(values) < MIN_ROUNDS:
        return None
    low, high = intervals(values[np.newaxis])
    return float(low[0]), float(high[0])


def intervals(values: Floats) -> tuple[Floats, Floats]:
    """`interval` of every row of [cells, rounds], at once: ends [cells] and [cells]."""
    rank, share = _bracket(values.shape[1])
    ordered = np.sort(values, axis=1)
    low = (1 - share) * ordered[:, rank] + share * ordered[:, rank + 1]
    high = (1 - share) * ordered[:, -1 - rank] + share * ordered[:, -2 - rank]
    return low, high


@cache
def _bracket(size: int) -> tuple[int, float]:
    """Index of the order statistic at the interval's outer side, and how far to go to the next.

    The median lies between the k-th smallest and the k-th largest of n values with probability
    1 - 2 P(B < k), B binomial (n, 1/2): no matter what the values are.
    """
    if size > MOST_ROUNDS:  # only a forged record holds so many: exactness would take minutes
        return int(size / 2 - NormalDist().inv_cdf((1 + CONFIDENCE) / 2) * size**0.5 / 2) - 1, 0.0
    alpha, tail, term, rank = 1 - CONFIDENCE, 0, 1, 0
    # In whole numbers of 2^-n: exact for any number of rounds.
    limit = Fraction(alpha) / 2 * 2**size
    while rank < size // 2 and tail + term <= limit:
        tail, term, rank = tail + term, term * (size - rank) // (rank + 1), rank + 1
    if rank == 0:
        return 0, 0.0
    outer = 1 - 2 * float(Fraction(tail, 2**size))
    inner = 1 - 2 * float(Fraction(tail + term, 2**size))
    excess = (outer - CONFIDENCE) / (outer - inner)
    return rank - 1, (size - rank) * excess / (rank + (size - 2 * rank) * excess)


def outliers(values: Floats) -> int:
    """How many values lie beyond Tukey's fences. They count like all others."""
    first, third = np.quantile(values, (0.25, 0.75))
    reach = _FENCE * (third - first)
    return int(np.count_nonzero((values < first - reach) | (values > third + reach)))


def geometric_mean(estimates: Sequence[Estimate]) -> Estimate | None:
    """Geometric mean of ratios over a suite's cases (Fleming & Wallace, CACM 29, 1986).

    Its interval takes the cases as measured independently of one another and each logarithm as
    nearly normal: half widths add as squares. None without estimates; no interval where one lacks.
    """
    if not estimates:
        return None
    mean = math.fsum(math.log(one.value) for one in estimates) / len(estimates)
    squares = 0.0
    for one in estimates:
        if one.interval is None:
            return Estimate(math.exp(mean), None)
        squares += (math.log(one.interval[1] / one.interval[0]) / 2) ** 2
    half = math.sqrt(squares) / len(estimates)
    return Estimate(math.exp(mean), (math.exp(mean - half), math.exp(mean + half)))


def medians(values: Floats, counts: Integers) -> Floats:
    """Median of each of the consecutive groups of `counts` values; NaN for an empty group."""
    group = np.repeat(np.arange(len(counts)), counts)
    ordered = values[np.lexsort((values, group))]
    start = np.cumsum(counts) - counts
    found = np.full(len(counts), np.nan)
    some = counts > 0
    start, size = start[some], counts[some]
    found[some] = (ordered[start + (size - 1) // 2] + ordered[start + size // 2]) / 2
    return found

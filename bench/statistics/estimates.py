"""Times and ratios estimated from rounds, with intervals, and the word a comparison deserves.

Ratios made of others, as of two runs or of many cases, are in bench/statistics/combined.py.

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
from dataclasses import dataclass, field
from itertools import zip_longest
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from bench.statistics import multiplicity
from bench.statistics.multiplicity import ALONE, Family
from bench.statistics.quantiles import NORMAL_95, intervals

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Interval = tuple[float, float]
Verdict = Literal["faster", "slower", "same", "unresolved"]

THRESHOLD = 0.01
"""A difference smaller than this is called no difference."""

BEYOND = 1.25
"""A ratio that three rounds can tell, where each of them shows it: of draws of three rounds
from real cells 98 % of true ratios above 1.5 do, and 0.23 % of a cell and itself."""

MIN_ROUNDS = 3
"""Rounds below which no spread can be told."""

ENOUGH_ROUNDS = 6
"""Fewer cannot reach 95 %: an interval of n rounds covers at most 1 - 2^(1-n)."""

MOST_ROUNDS = 10_000
"""More than any run takes."""

CONFIDENCE = 0.95

START_SHIFT = 0.005
"""By how much the ratio of two processes differs from start to start, for as long as they live:
standard deviation of its logarithm. Measured: 0.23 to 0.58 % by size, over 200 starts of one
program on a CPU, which is 0.35 % a process; new for every case
(docs/method/how-sure-is-a-word.md)."""

_CORRELATED = 1.36
"""Times of neighbouring rounds have a rank correlation of 0.26 to 0.35, measured over 200 starts,
which widens the interval of their median by sqrt((1 + 0.3) / (1 - 0.3)). Ratios have none."""

MAD_TO_DEVIATION = 1.4826
"""MAD of normal values times this is their standard deviation (Rousseeuw & Croux, 1993)."""


@dataclass(frozen=True)
class Estimate:
    """A figure and its 95 % interval; None where fewer than six rounds, or starts, tell one."""

    value: float
    interval: Interval | None
    repeats: int = 0
    """Rounds, or starts where there were several, that it rests on."""
    starts: int = 1
    range: Interval | None = None
    """From the least to the largest of all rounds; None for fewer than three."""
    logs: Floats | None = field(default=None, compare=False, repr=False)
    """Of a paired ratio: its logarithm in each repeat."""
    start_shift: float = 0.0
    """Standard deviation of what is the same in all rounds and another in the next start."""
    run_shift: float = 0.0
    """The same of the next run; the interval holds it."""


@dataclass(frozen=True)
class Locations:
    """Estimates of many cells: [cells] each, NaN where too few rounds tell."""

    value_s: Floats
    low_s: Floats
    high_s: Floats
    spread: Floats
    """Standard deviation of the values relative to their median, estimated from the MAD."""


def locations(
    rounds_s: Floats, counts: Integers, correlated: bool | npt.NDArray[np.bool_] = False
) -> Locations:
    """Median of each cell; a cell is `counts` consecutive values, one a round or one a start.

    Values are `correlated` where they are rounds of one process, whose intervals are wider.
    """
    value, ends = medians(rounds_s, counts), np.cumsum(counts)
    deviation = medians(np.abs(rounds_s - np.repeat(value, counts)), counts)
    low, high = np.full((2, len(counts)), np.nan)
    for size in np.unique(counts[counts >= ENOUGH_ROUNDS]):
        alike = np.flatnonzero(counts == size)
        at = (ends[alike] - size)[:, np.newaxis] + np.arange(size)
        low[alike], high[alike] = intervals(rounds_s[at])
    wider = np.where(correlated, _CORRELATED, 1.0)
    told = counts >= MIN_ROUNDS
    spread = np.where(told, MAD_TO_DEVIATION * deviation / value, np.nan)
    low, high = (value * (end / value) ** wider for end in (low, high))
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
    shared = [_shared(own, base) for own, base in pairings]
    logs = [_by_start(each, starts) for each, starts in shared]
    found: list[Estimate | None] = [None] * len(logs)
    for size in {len(each) for each in logs} - {0}:
        alike = [at for at, each in enumerate(logs) if len(each) == size]
        values = np.stack([logs[at] for at in alike])
        middle = np.exp(np.median(values, axis=1)).tolist()
        told = size >= ENOUGH_ROUNDS
        ends = [np.exp(end).tolist() for end in intervals(values)] if told else []
        for at, value, both in zip_longest(alike, middle, zip(*ends, strict=True)):
            rounds, starts = shared[at]
            found[at] = _paired(value, both, rounds, logs[at], 1 if starts is None else size)
    return found


def _paired(
    value: float, ends: Interval | None, rounds: Floats, logs: Floats, starts: int
) -> Estimate:
    least, most = np.exp([rounds.min(), rounds.max()]).tolist()
    return Estimate(
        value,
        ends,
        repeats=len(logs),
        starts=starts,
        range=(least, most) if len(rounds) >= MIN_ROUNDS else None,
        logs=logs,
        start_shift=START_SHIFT if starts == 1 else 0.0,
    )


def _shared(own: Series, base: Series) -> tuple[Floats, Integers | None]:
    """Log ratios of the rounds that both took part in, and their starts if there are several."""
    times_s, base_times_s, starts = own.times_s, base.times_s, own.starts
    if not np.array_equal(own.rounds, base.rounds):
        _, at, base_at = np.intersect1d(own.rounds, base.rounds, return_indices=True)
        times_s, base_times_s, starts = times_s[at], base_times_s[base_at], starts[at]
    # Clipped to what exp can undo: only a forged record gets so far.
    logs = np.asarray(np.clip(np.log(times_s) - np.log(base_times_s), -700, 700))
    return logs, None if len(logs) == 0 or np.all(starts == starts[0]) else starts


def _by_start(values: Floats, starts: Integers | None) -> Floats:
    if starts is None:
        return values
    _, group, counts = np.unique(starts, return_inverse=True, return_counts=True)
    return medians(values[np.argsort(group, kind="stable")], counts)


def time(rounds: Series) -> Estimate:
    """A cell's time by itself, as `locations` has it."""
    times_s, several = rounds.times_s, len(np.unique(rounds.starts)) > 1
    values = _by_start(times_s, rounds.starts if several else None)
    found = locations(values, np.array([len(values)]), correlated=not several)
    ends = None if np.isnan(found.low_s[0]) else (float(found.low_s[0]), float(found.high_s[0]))
    return Estimate(
        float(found.value_s[0]),
        ends,
        repeats=len(values),
        starts=len(values) if several else 1,
        range=(float(times_s.min()), float(times_s.max())) if len(times_s) >= MIN_ROUNDS else None,
    )


def word(
    estimate: Estimate | None, *, threshold: float = THRESHOLD, among: Family = ALONE
) -> Verdict:
    """The word a ratio deserves, among the comparisons that a reader may choose from.

    Beyond BEYOND all rounds must lie, or the interval where there is one. A smaller difference
    needs an interval that clears the threshold after allowing for another start, and to be shown
    so surely that of all the comparisons, if nothing differed, one in twenty times any would.
    """
    if estimate is None:
        return "unresolved"
    ends = estimate.interval
    far = verdict(ends or estimate.range, max(BEYOND - 1, threshold))
    if ends is None or far in ("slower", "faster"):
        return far if far in ("slower", "faster") else "unresolved"
    told = verdict(ends, threshold)
    if told in ("same", "unresolved"):
        return told
    allowed = verdict(_widened(estimate.value, ends, estimate.start_shift), threshold)
    return told if allowed == told and _sure(estimate, ends, among) else "unresolved"


def _widened(value: float, ends: Interval, shift: float) -> Interval:
    """The interval and what all its rounds share, added as squares on either side."""
    below, above = (math.hypot(math.log(end / value), NORMAL_95 * shift) for end in ends)
    return value * math.exp(-below), value * math.exp(above)


def _sure(estimate: Estimate, ends: Interval, among: Family) -> bool:
    """Whether it lies further from 1 than chance leads in the family."""
    shift = math.hypot(estimate.start_shift, estimate.run_shift)
    if estimate.logs is not None:
        return multiplicity.differs(estimate.logs, shift, among)
    half = math.log(ends[1] / ends[0]) / 2
    noise = math.sqrt(max(half**2 - (NORMAL_95 * estimate.run_shift) ** 2, 0.0))
    return abs(math.log(estimate.value)) > multiplicity.reach(
        noise, estimate.repeats, shift, among.tail
    )


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
    return float(MAD_TO_DEVIATION * np.median(np.abs(values - middle)) / middle)


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


def quantiles(values: Floats, counts: Integers, share: float) -> Floats:
    """This quantile of each of the consecutive groups of `counts` values, as NumPy's own by default
    (Hyndman & Fan's seventh); no group may be empty."""
    ordered = values[np.lexsort((values, np.repeat(np.arange(len(counts)), counts)))]
    at = share * (counts - 1)
    below = np.floor(at).astype(np.int64)
    start = np.cumsum(counts) - counts
    low, high = ordered[start + below], ordered[start + np.minimum(below + 1, counts - 1)]
    step, part = high - low, at - below
    return np.asarray(np.where(part < 0.5, low + step * part, high - step * (1 - part)))

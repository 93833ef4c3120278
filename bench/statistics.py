"""Times and ratios estimated from rounds, with intervals, and the word a comparison deserves.

A round holds one slice of every contender, so drift and throttling hit all of them alike. Rounds
are taken as independent and alike; samples inside a slice are not, and are reduced to their median.
Medians, because single slices on a shared machine are off by 15 to 100 %.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import zip_longest
from typing import Literal

import numpy as np
import numpy.typing as npt

from bench.stopping import MIN_ROUNDS

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.int64]
Interval = tuple[float, float]
Verdict = Literal["faster", "slower", "same", "unresolved"]

THRESHOLD = 0.01
"""A difference smaller than this is called no difference."""

CONFIDENCE = 0.95
RESAMPLES = 2000
SEED = 0

_NORMAL = 1.4826
"""MAD of normal values times this is their standard deviation (Rousseeuw & Croux, 1993)."""

_BLOCK = 2**22
"""Most resampled values held in memory at once."""


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
    """Standard deviation of the rounds relative to their median, estimated from the MAD."""


def locations(rounds_s: Floats, counts: Integers) -> Locations:
    """Median over rounds of each cell; a cell is `counts` consecutive values, one a round."""
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


def ratio(
    rounds: Integers, times_s: Floats, base_rounds: Integers, base_times_s: Floats
) -> Estimate | None:
    """How many times as long as the base: exp(median of the paired log ratios).

    Only rounds that both took part in count; None when there are none. Above 1 is slower.
    """
    return ratios([(rounds, times_s, base_rounds, base_times_s)])[0]


Pairing = tuple[Integers, Floats, Integers, Floats]
"""Rounds and times of a cell, then of its base."""


def ratios(pairings: Sequence[Pairing]) -> list[Estimate | None]:
    """`ratio` of each, at once: thousands cost little more than one."""
    logs = [paired_logs(*pairing) for pairing in pairings]
    found: list[Estimate | None] = [None] * len(logs)
    for size in {len(each) for each in logs} - {0}:
        alike = [at for at, each in enumerate(logs) if len(each) == size]
        values = np.stack([logs[at] for at in alike])
        middle = np.exp(np.median(values, axis=1)).tolist()
        ends = [np.exp(end).tolist() for end in intervals(values)] if size >= MIN_ROUNDS else []
        for at, value, both in zip_longest(alike, middle, zip(*ends, strict=True)):
            found[at] = Estimate(value, both)
    return found


def paired_logs(
    rounds: Integers, times_s: Floats, base_rounds: Integers, base_times_s: Floats
) -> Floats:
    """Logarithms of the ratios of the rounds that both took part in."""
    if not np.array_equal(rounds, base_rounds):
        _, own, base = np.intersect1d(rounds, base_rounds, return_indices=True)
        times_s, base_times_s = times_s[own], base_times_s[base]
    # Clipped to what exp can undo: only a forged record gets so far.
    return np.asarray(np.clip(np.log(times_s) - np.log(base_times_s), -700, 700))


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


def interval(values: Floats) -> Interval | None:
    """95 % percentile-bootstrap interval of the median (Efron & Tibshirani, 1993, chapter 13).

    None below three values. It cannot reach beyond the values, so with n of them it covers at most
    1 - 2^(1-n): 75 % for three, 94 % for five, the full 95 % from six on.
    """
    if len(values) < MIN_ROUNDS:
        return None
    low, high = intervals(values[np.newaxis])
    return float(low[0]), float(high[0])


def intervals(values: Floats) -> tuple[Floats, Floats]:
    """`interval` of every row of [cells, rounds], at once: ends [cells] and [cells]."""
    lower, upper = _middles(values.shape[1])
    tail = (1 - CONFIDENCE) / 2
    ends = [
        np.quantile((block[:, lower] + block[:, upper]) / 2, (tail, 1 - tail), axis=1)
        for block in np.array_split(np.sort(values, axis=1), values.size * RESAMPLES // _BLOCK + 1)
    ]
    low, high = np.concatenate(ends, axis=1)
    return low, high


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


@cache
def _middles(size: int) -> tuple[Integers, Integers]:
    """Where the two middle values of each resample stand among the `size` sorted values."""
    drawn = np.random.default_rng(SEED).integers(0, size, (RESAMPLES, size))
    drawn.sort(axis=1)
    return drawn[:, (size - 1) // 2], drawn[:, size // 2]

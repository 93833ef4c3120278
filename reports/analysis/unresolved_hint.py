"""What would settle a comparison that is unresolved: more rounds, or only more starts."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from bench.statistics import estimates
from bench.statistics.estimates import ENOUGH_ROUNDS, MOST_ROUNDS, Estimate
from bench.statistics.multiplicity import ALONE, Family
from bench.statistics.quantiles import NORMAL_95

STARTS = 12
"""Starts that tell how starts differ: what every text advises."""

_SAFETY = 1.5
"""So many times the rounds that would do if the ratio stayed where it is, for it does not."""

_STEP = 1.05


def more_repeats(estimate: Estimate, threshold: float, among: Family = ALONE) -> int | None:
    """About how many rounds (or starts) beyond these would give the ratio another word than
    unresolved; None where none would, as it lies too near the threshold, or one start says no more.

    Below six at least so many are missing that there is an interval at all.
    """
    if estimate.interval is None:
        return max(ENOUGH_ROUNDS - estimate.repeats, 1)
    repeats = estimate.repeats
    while repeats <= MOST_ROUNDS:
        repeats = math.ceil(repeats * _STEP)
        if _resolved(estimate, repeats, threshold, among):
            return max(math.ceil(repeats * _SAFETY) - estimate.repeats, 1)
    return None


def needs_starts(estimate: Estimate, threshold: float, among: Family = ALONE) -> bool:
    """Whether rounds of one start can never settle it, and those of several could."""
    if estimate.interval is None or not estimate.start_shift:
        return False
    most = MOST_ROUNDS
    several = replace(estimate, start_shift=0.0)
    return not _resolved(estimate, most, threshold, among) and _resolved(
        several, most, threshold, among
    )


def _resolved(estimate: Estimate, repeats: int, threshold: float, among: Family) -> bool:
    """Whether so many repeats of the same distribution would tell: an interval's width falls with
    their root, but for what changes from run to run."""
    assert estimate.interval is not None
    part = math.sqrt(estimate.repeats / repeats)
    low, high = (_nearer(estimate, end, part) for end in estimate.interval)
    logs = estimate.logs
    if logs is not None:
        logs = np.quantile(logs, (np.arange(repeats) + 0.5) / repeats)
    imagined = replace(estimate, interval=(low, high), repeats=repeats, logs=logs)
    return estimates.word(imagined, threshold=threshold, among=among) != "unresolved"


def _nearer(estimate: Estimate, end: float, part: float) -> float:
    distance, run = math.log(end / estimate.value), NORMAL_95 * estimate.run_shift
    noise = math.sqrt(max(distance**2 - run**2, 0.0))
    return estimate.value * math.exp(math.copysign(math.hypot(part * noise, run), distance))

"""Ratios made of others: of two runs that shared no rounds, and of the cases of a suite."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.statistics.estimates import START_SHIFT, Estimate, Interval
from bench.statistics.quantiles import NORMAL_95

RUN_SHIFT = 0.01
"""By how much the ratio of one program to itself differs between runs made apart: standard
deviation of its logarithm. Other programs, heat and memory change meanwhile; on a busy machine by
more: two programs, recorded twice, had changed by 0.9 to 5.3 %."""


def unpaired(own: Estimate, base: Estimate) -> Estimate:
    """How many times as long as the base, of two times that shared no rounds.

    On the logarithm the distances from each estimate to its interval's ends add as squares (MOVER:
    Zou & Donner, Statistics in Medicine 27, 2008), and so does what changes from run to run. No
    interval where one lacks.
    """
    ends = None
    if own.interval and base.interval:
        below, above = _sides(own.value, own.interval)
        base_below, base_above = _sides(base.value, base.interval)
        run = NORMAL_95 * RUN_SHIFT
        distances = math.hypot(below, base_above, run), math.hypot(above, base_below, run)
        ends = _ends(own.value / base.value, *distances)
    starts = min(own.starts, base.starts)
    return Estimate(
        own.value / base.value,
        ends,
        repeats=min(own.repeats, base.repeats),
        starts=starts,
        range=_apart(own.range, base.range),
        start_shift=START_SHIFT if starts == 1 else 0.0,
        run_shift=RUN_SHIFT,
    )


def geometric_mean(estimates: Sequence[Estimate]) -> Estimate | None:
    """Geometric mean of ratios over a suite's cases (Fleming & Wallace, CACM 29, 1986).

    Takes the cases as measured independently of one another, so distances to the ends of their
    intervals add as squares, each side by itself (MOVER); but what changed from run to run changed
    for all. None without estimates; no interval where one lacks.
    """
    if not estimates:
        return None
    count = len(estimates)
    value = _mean([one.value for one in estimates])
    run_shift = max(one.run_shift for one in estimates)
    return Estimate(
        value,
        _together(value, estimates, run_shift),
        repeats=min(one.repeats for one in estimates),
        starts=min(one.starts for one in estimates),
        range=_mean_range([one.range for one in estimates]),
        start_shift=math.hypot(*(one.start_shift for one in estimates)) / count,
        run_shift=run_shift,
    )


def _together(value: float, estimates: Sequence[Estimate], run_shift: float) -> Interval | None:
    sides = [_sides(one.value, one.interval) for one in estimates if one.interval]
    if len(sides) < len(estimates):
        return None
    run = NORMAL_95 * run_shift
    own = [[math.sqrt(max(side**2 - run**2, 0.0)) for side in both] for both in sides]
    below, above = (math.hypot(*each) / len(own) for each in zip(*own, strict=True))
    return _ends(value, math.hypot(below, run), math.hypot(above, run))


def _mean_range(ranges: Sequence[Interval | None]) -> Interval | None:
    known = [each for each in ranges if each]
    if len(known) < len(ranges):
        return None
    return _mean([low for low, _ in known]), _mean([high for _, high in known])


def _mean(values: Sequence[float]) -> float:
    return math.exp(math.fsum(map(math.log, values)) / len(values))


def _sides(value: float, ends: Interval) -> tuple[float, float]:
    """How far the ends lie below and above, on the logarithm."""
    return abs(math.log(ends[0] / value)), abs(math.log(ends[1] / value))


def _ends(value: float, below: float, above: float) -> Interval:
    return value * math.exp(-below), value * math.exp(above)


def _apart(own: Interval | None, base: Interval | None) -> Interval | None:
    """From the least time over the largest to the reverse."""
    return (own[0] / base[1], own[1] / base[0]) if own and base else None

"""Presets: how long to measure. Which cases they hold is each suite's own choice."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass

from bench.values import BadValue, seconds, share


@dataclass(frozen=True, kw_only=True)
class Preset:
    """Durations and counts of a run."""

    target: float
    """Width of a cell's 95 % interval, as a share of its time, at which its sampling ends."""
    min_rounds: int
    max_rounds: int
    slice_s: float
    """Sampling in one round."""
    warm_s: float
    """Untimed re-warming before each slice."""
    budget_s: float
    """Measuring time of one cell after which no further round begins."""
    step_limit_s: float
    """A case whose single step is predicted to take longer is skipped."""
    time_s: float | None = None
    """Of the whole run once everything is set up; None where it may take what it takes."""
    sure_rounds: int = 3
    """Rounds from which on a contender that is beyond doubt slower than the first is finished."""
    starts: int = 1
    """How often each contender is started anew for a case; rounds and budget are divided."""


PRESETS = {
    "smoke": Preset(
        target=0.1,
        min_rounds=3,
        max_rounds=3,
        slice_s=0.04,
        warm_s=0.005,
        budget_s=2.0,
        step_limit_s=2.0,
        time_s=60.0,
    ),
    "quick": Preset(
        target=0.02,
        min_rounds=6,
        max_rounds=25,
        slice_s=0.1,
        warm_s=0.01,
        budget_s=3.0,
        step_limit_s=5.0,
        time_s=300.0,
    ),
    "standard": Preset(
        target=0.01,
        min_rounds=10,
        max_rounds=40,
        slice_s=0.4,  # OpenBLAS spins for 0.1 s after each: shorter slices would be a third waiting
        warm_s=0.01,
        budget_s=15.0,
        step_limit_s=20.0,
        sure_rounds=10,
    ),
    "full": Preset(
        target=0.005,
        min_rounds=15,
        max_rounds=300,
        slice_s=0.2,
        warm_s=0.02,
        budget_s=60.0,
        step_limit_s=120.0,
        sure_rounds=15,
    ),
}


def adjusted(
    preset: Preset,
    target: str = "",
    budget_s: float | None = None,
    rounds: int | None = None,
    starts: int | None = None,
    time: str = "",
) -> Preset:
    """The preset with what was asked for otherwise. Raises BadValue."""
    if target:
        preset = dataclasses.replace(preset, target=share(target))
    if budget_s is not None:
        if not 0 < budget_s <= 86400:
            raise BadValue(f"the budget must be 0 to 86400 seconds. Received: {budget_s:g}")
        preset = dataclasses.replace(preset, budget_s=budget_s)
    if rounds is not None:
        if not 3 <= rounds <= 10_000:
            raise BadValue(f"rounds must be 3 to 10000: fewer show no spread. Received: {rounds}")
        preset = dataclasses.replace(preset, max_rounds=rounds, min_rounds=rounds)
    if starts is not None:
        if not 1 <= starts <= 1000:
            raise BadValue(f"starts must be 1 to 1000. Received: {starts}")
        preset = dataclasses.replace(preset, starts=starts)
    if time:
        preset = dataclasses.replace(preset, time_s=seconds(time))
    return preset

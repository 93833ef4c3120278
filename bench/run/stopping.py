"""When sampling of a cell stops. A rule is a small object, apart from the measuring itself."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from bench.plan.presets import Preset
from bench.schema import StoppedBy
from bench.statistics import estimates

MIN_ROUNDS = estimates.MIN_ROUNDS

STABLE = 0.1
"""Relative spread of the recent noise figures under which the noise will not change any more.
nvbench's rule; its 5 % supposes hundreds of figures, and tens of rounds know their spread less."""

LOOKED_AT = 8
"""Rounds whose noise figures are compared, at least; and rounds before noise is judged at all."""


@dataclass(frozen=True)
class Ending:
    """Why a cell is finished."""

    by: StoppedBy
    why: str
    interval: float | None
    """Width of the 95 % interval, as a share of the time; None where too few rounds tell."""


class Rule(Protocol):
    """Decides after each round whether a cell is finished."""

    def ending(
        self, values: Sequence[float], spent_s: float, *, ratio: bool = False
    ) -> Ending | None:
        """Why a cell is finished whose rounds took `values` seconds a step, or so many times as
        long as its mate's (`ratio`); None to go on."""


@dataclass(frozen=True)
class Adaptive:
    """On until the interval is narrower than the target, unless noise or the budget forbids it."""

    target: float
    """Width of the 95 % interval to reach, as a share of the time."""
    min_rounds: int
    max_rounds: int
    budget_s: float

    def ending(
        self, values: Sequence[float], spent_s: float, *, ratio: bool = False
    ) -> Ending | None:
        done = len(values)
        if done < MIN_ROUNDS:
            return None
        width = relative_width(values)
        told = width if done >= estimates.ENOUGH_ROUNDS else None
        reached = f"interval {100 * width:.2g} %, target {100 * self.target:.2g} %"
        if told is None:
            reached = f"{done} rounds, too few for an interval"
        if told is not None and done >= self.min_rounds:
            if width <= self.target:
                return Ending("target", f"{reached}: reached after {done} rounds", told)
            needed = rounds_needed(values, self.target)
            hopeless = needed > self.max_rounds and noise_is_stable(values)
            if hopeless and not (ratio and self._in_reach(values)):
                return Ending("noise", f"{reached}: would take about {needed} rounds", told)
        if done >= self.max_rounds:
            return Ending("rounds", f"{reached}: all {done} rounds done", told)
        if spent_s >= self.budget_s:
            why = f"{reached}: budget of {self.budget_s:g} s spent after {done} rounds"
            return Ending("budget", why, told)
        return None

    def _in_reach(self, ratios: Sequence[float]) -> bool:
        """Whether the rounds that are left may still tell which is faster, or that neither is: the
        interval narrows with their root, until it clears the threshold."""
        logs = np.log(np.asarray(ratios, dtype=float))
        low, high = np.log(estimates.interval(np.exp(logs)) or (1.0, 1.0))
        margin = abs(abs(float(np.median(logs))) - np.log1p(estimates.THRESHOLD))
        half = (high - low) / 2
        return bool(margin < half <= margin * (self.max_rounds / len(ratios)) ** 0.5)


def rough(preset: Preset) -> Adaptive:
    """The rule for a first visit where time is short: the fewest rounds, half the budget."""
    least = max(MIN_ROUNDS, preset.min_rounds)
    return Adaptive(
        target=preset.target, min_rounds=least, max_rounds=least, budget_s=preset.budget_s / 2
    )


def of_one_start(preset: Preset) -> Adaptive:
    """The rule for one of a preset's starts: its share of rounds and budget, and the width that
    narrows to the target over all of them."""
    starts = preset.starts
    return Adaptive(
        target=preset.target * starts**0.5,
        min_rounds=max(MIN_ROUNDS, -(-preset.min_rounds // starts)),
        max_rounds=max(MIN_ROUNDS, -(-preset.max_rounds // starts)),
        budget_s=preset.budget_s / starts,
    )


def relative_width(rounds_s: Sequence[float]) -> float:
    """Width of the interval of the median of three rounds or more, as a share of it."""
    values = np.asarray(rounds_s, dtype=float)
    ends = estimates.interval(values)
    assert ends is not None, "too few rounds"
    return float((ends[1] - ends[0]) / np.median(values))


def rounds_needed(rounds_s: Sequence[float], target: float) -> int:
    """Rounds that would narrow the interval to the target: its width falls with their root."""
    return int(np.ceil(len(rounds_s) * (relative_width(rounds_s) / target) ** 2))


def noise_is_stable(rounds_s: Sequence[float]) -> bool:
    """Whether the spread, told anew after each of the recent rounds, has stopped changing."""
    done = len(rounds_s)
    if done < 2 * LOOKED_AT:
        return False
    recent = max(LOOKED_AT, done // 2)
    values = np.asarray(rounds_s, dtype=float)
    noise = np.array([estimates.spread(values[:upto]) for upto in range(done - recent, done + 1)])
    return bool(noise.std() <= STABLE * noise.mean())

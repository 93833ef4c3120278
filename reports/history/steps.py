"""Where a series of times changed its level, from run to run.

Levels are found by ruptures' kernel method, which for this kernel is exact least squares
(Killick, Fearnhead and Eckley 2012, https://doi.org/10.1080/01621459.2012.737745; Truong, Oudre and
Vayatis 2020, https://doi.org/10.1016/j.sigpro.2019.107299).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import numpy.typing as npt
import ruptures
from scipy import stats

from bench.statistics.estimates import START_SHIFT, THRESHOLD

MIN_RUNS = 6
"""Fewer tell no noise that a step could be held against."""

MIN_LEVEL = 2
"""Runs of one level: a single odd run is none."""

INVENTED = 0.05
"""Chance that a page of steady series shows any step."""

_NOISE_FLOOR = START_SHIFT / math.sqrt(2)
"""By which two processes of one program differ, however finely each was measured."""

_FREEDOM = 0.25
"""Degrees of freedom that a median of differences has for each value: found by simulation, as the
largest for which pages of 6 to 200 runs keep to INVENTED."""

_CLIP = 4.0
"""Standard deviations from its neighbours' median at which a value is cut: an odd run counts as
odd, however odd."""
_NEIGHBOURS = 5

_MOST, _STEPS = 0.95, 3
"""Share of the differences between runs that are taken for noise; steps that are allowed for."""


@dataclass(frozen=True)
class Step:
    """A change of level."""

    at: int
    """The first value of the new level."""
    ratio: float
    """How many times as long it takes since."""
    low: float
    high: float
    """95 % interval of the ratio."""


def steps(times_s: Sequence[float], among: int = 1, errors: Sequence[float] = ()) -> list[Step]:
    """The changes of level of a series, one of `among` that are looked through together.

    `errors`: what is known of each time's own relative standard error. Only changes that are
    larger than a difference that counts as none."""
    if len(times_s) < MIN_RUNS:
        return []
    logs = np.log(np.asarray(times_s, dtype=np.float64))
    noise = _noise(logs, errors)
    logs = _clipped(logs, noise)
    freedom, beyond = _beyond(len(logs), among)
    found = ruptures.KernelCPD(kernel="linear", min_size=MIN_LEVEL).fit(logs.reshape(-1, 1))
    ends = [int(end) for end in found.predict(pen=(beyond * noise) ** 2)]
    levels = list(zip([0, *ends], ends, strict=False))
    told = stats.t.isf(0.025, freedom) * noise
    return [
        step
        for before, after in pairwise(levels)
        if abs(math.log((step := _step(logs, before, after, told)).ratio)) > math.log1p(THRESHOLD)
    ]


def least(
    times_s: Sequence[float], among: int = 1, errors: Sequence[float] = (), since: int = 3
) -> float | None:
    """The least step that would be told once so many runs were made after it, as a share."""
    count = len(times_s)
    if count < MIN_RUNS:
        return None
    logs = np.log(np.asarray(times_s, dtype=np.float64))
    _, beyond = _beyond(count, among)
    shift = beyond * _noise(logs, errors) * math.sqrt(1 / count + 1 / since)
    return max(THRESHOLD, math.expm1(shift))


def _beyond(count: int, among: int) -> tuple[float, float]:
    """Degrees of freedom of the noise, and how many standard deviations are no chance."""
    freedom = max(2.0, _FREEDOM * count)
    return freedom, float(stats.t.isf(INVENTED / (2 * among * count), freedom))


def _step(
    logs: npt.NDArray[np.float64], before: tuple[int, int], after: tuple[int, int], told: float
) -> Step:
    first, second = (logs[slice(*level)] for level in (before, after))
    shift = float(second.mean() - first.mean())
    wide = told * math.sqrt(1 / len(first) + 1 / len(second))
    return Step(after[0], *(math.exp(shift + sign * wide) for sign in (0, -1, 1)))


def _noise(logs: npt.NDArray[np.float64], errors: Sequence[float] = ()) -> float:
    """Standard deviation from run to run, by differences, of which few are steps: the larger of
    what half of them tell and what nearly all do, since odd runs are more than normal ones. Never
    less than the runs' own intervals tell."""
    differences = np.abs(np.diff(logs)) / math.sqrt(2)
    nearly = min(_MOST, max(0.5, 1 - _STEPS / len(differences)))
    told = (
        float(np.quantile(differences, q)) / float(stats.norm.ppf((1 + q) / 2))
        for q in (0.5, nearly)
    )
    own = float(np.median(errors)) if len(errors) else 0.0
    return float(max(_NOISE_FLOOR, own, *told))


def _clipped(logs: npt.NDArray[np.float64], noise: float) -> npt.NDArray[np.float64]:
    """The values, none further from the median of those around it than noise explains."""
    count = len(logs)
    begins = np.clip(np.arange(count) - _NEIGHBOURS // 2, 0, count - _NEIGHBOURS)
    around = np.median(logs[begins[:, None] + np.arange(_NEIGHBOURS)], axis=1)
    return np.clip(logs, around - _CLIP * noise, around + _CLIP * noise)

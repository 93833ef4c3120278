"""From which size on the GPU is faster than the CPU, with an interval: log-log, bootstrapped.

Between two measured sizes the logarithm of the ratio is taken as straight in the logarithm of the
size. The crossover is where it changes sign for the last time: from there to the largest size
measured the GPU wins at every size.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from bench.statistics import estimates
from bench.statistics.estimates import ENOUGH_ROUNDS, Estimate, Floats, Verdict

CPU_THROUGHOUT, GPU_THROUGHOUT = math.inf, -math.inf
"""Where the sign does not change within the sizes measured."""

Kind = Literal["crosses", "gpu", "cpu", "mixed", "one size"]


@dataclass(frozen=True)
class Point:
    """Both devices at one size."""

    size: int
    cpu_s: float
    gpu_s: float
    log_ratio: float
    """log(GPU time / CPU time); paired by round where both were measured."""
    draws: Floats | None
    """What it might as well have been, [RESAMPLES]; None where nothing tells how sure it is."""
    measured: Estimate | None = None
    """The ratio of paired rounds; None of published figures."""
    word: Verdict | None = None
    """What the GPU is by it."""

    @property
    def interval(self) -> tuple[float, float] | None:
        """95 % interval of how many times as long as the CPU the GPU takes, by rounding alone where
        it was published."""
        if self.measured:
            return self.measured.interval
        if self.draws is None:
            return None
        low, high = np.quantile(self.draws, _TAILS, method="inverted_cdf")
        return math.exp(low), math.exp(high)


@dataclass(frozen=True)
class Crossing:
    """Who wins where."""

    kind: Kind
    size: float | None = None
    low: float | None = None
    """End of the 95 % interval; -inf or inf where it lies outside the sizes measured."""
    high: float | None = None


RESAMPLES = 2000
SEED = 0

_TAILS = ((1 - estimates.CONFIDENCE) / 2, (1 + estimates.CONFIDENCE) / 2)


def resampled(logs: Floats) -> Floats | None:
    """Medians of resampled rounds: [RESAMPLES] of log ratios [rounds]; None for fewer than 6."""
    if len(logs) < ENOUGH_ROUNDS:
        return None
    random = np.random.default_rng(SEED)
    drawn = logs[random.integers(0, len(logs), (RESAMPLES, len(logs)))]
    return np.asarray(np.median(drawn, axis=1), dtype=np.float64)


def rounded(cpu_s: float, gpu_s: float, cpu_step_s: float, gpu_step_s: float) -> Floats | None:
    """Log ratios of times that round to these: [RESAMPLES]; None where neither was rounded.

    A time given to 0.1 s lies anywhere within 0.05 s of it.
    """
    if not (cpu_step_s or gpu_step_s):
        return None
    random = np.random.default_rng(SEED)
    shift = random.uniform(-0.5, 0.5, (2, RESAMPLES))
    # Clipped to what a logarithm can take: only a forged record gets so far.
    cpu = np.maximum(cpu_s + cpu_step_s * shift[0], cpu_s * 1e-3)
    gpu = np.maximum(gpu_s + gpu_step_s * shift[1], gpu_s * 1e-3)
    return np.asarray(np.log(gpu) - np.log(cpu), dtype=np.float64)


def find(points: Sequence[Point]) -> Crossing:
    """Where the GPU begins to win, by sizes in ascending order. Sizes must differ."""
    if len(points) < 2:
        return Crossing("one size")
    sizes = np.log([point.size for point in points])
    found = float(_crossings(np.array([[point.log_ratio for point in points]]), sizes)[0])
    if found == CPU_THROUGHOUT:
        kind: Kind = "cpu" if all(point.log_ratio >= 0 for point in points) else "mixed"
        return Crossing(kind)
    if found == GPU_THROUGHOUT:
        return Crossing("gpu")
    draws = [point.draws for point in points if point.draws is not None]
    if len(draws) < len(points):
        return Crossing("crosses", math.exp(found))
    low, high = np.quantile(
        _crossings(np.stack(draws, axis=1), sizes), _TAILS, method="inverted_cdf"
    )
    return Crossing("crosses", math.exp(found), *(_size(end) for end in (low, high)))


def _size(log_size: float) -> float:
    return math.exp(log_size) if math.isfinite(log_size) else log_size


def _crossings(ratios: Floats, sizes: Floats) -> Floats:
    """Logarithm of the crossing's size for each row of log ratios [rows, sizes]."""
    count = len(sizes)
    lost = ratios >= 0
    last = np.where(lost.any(axis=1), count - 1 - np.argmax(lost[:, ::-1], axis=1), -1)
    inside = (last >= 0) & (last < count - 1)
    found = np.where(last < 0, GPU_THROUGHOUT, CPU_THROUGHOUT)
    row, at = np.flatnonzero(inside), last[inside]
    before, after = ratios[row, at], ratios[row, at + 1]
    found[inside] = sizes[at] + (sizes[at + 1] - sizes[at]) * before / (before - after)
    return found

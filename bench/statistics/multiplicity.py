"""How sure a difference is when it was chosen among many: intervals that reach far enough for all.

Any word "slower" of a report means that one contender of a case took longer than another. If all
took the same time, the chance that any pair of them looks otherwise is at most the sum of the
chances of single pairs (Bonferroni), in either direction, so no choice of a leader by the same
data adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from bench.statistics.quantiles import (
    ALPHA,
    Floats,
    digamma,
    intervals,
    inverse_trigamma,
    normal,
    student,
    trigamma,
)

ENOUGH_PAIRS = 10
"""Fewer tell nothing of how noise differs between pairs."""


@dataclass(frozen=True)
class Family:
    """Comparisons of which a reader may pick any, and what is known of the noise of all."""

    comparisons: int = 1
    variance: float = 0.0
    """Usual variance of a pair's log ratios from round to round."""
    degrees: float = 0.0
    """As how many more rounds that counts for each pair: many where all are alike."""

    @property
    def tail(self) -> float:
        """Chance of being wrong that one comparison may have, in one direction."""
        return ALPHA / 2 / self.comparisons


ALONE = Family()


def pairs(contenders: Iterable[int]) -> int:
    """Pairs that can be made within cases of so many contenders; at least one."""
    return max(sum(count * (count - 1) // 2 for count in contenders), 1)


def of(comparisons: int, logs: Sequence[Floats]) -> Family:
    """The family of so many comparisons, its noise told from the log ratios of some of them.

    Variances are taken as scattered round a usual one; how far, their logarithms tell by what they
    vary beyond chance (Smyth, Statistical Applications in Genetics and Molecular Biology 3, 2004).
    """
    sizes = np.array([len(each) for each in logs], dtype=np.float64)
    found = np.array([float(np.var(each, ddof=1)) if len(each) > 2 else 0.0 for each in logs])
    told = found > 0
    if told.sum() < ENOUGH_PAIRS:
        return Family(comparisons)
    half = [float(size - 1) / 2 for size in sizes[told]]
    expected = np.array([digamma(each) - math.log(each) for each in half])
    errors = np.log(found[told]) - expected
    beyond = float(errors.var(ddof=1) - np.mean([trigamma(each) for each in half]))
    degrees = 2 * inverse_trigamma(beyond) if beyond > 0 else _MANY
    degrees = min(degrees, _MANY)
    usual = float(errors.mean()) + digamma(degrees / 2) - math.log(degrees / 2)
    return Family(comparisons, math.exp(usual), degrees)


_MANY = 200.0
"""Degrees that stand for variances which are all alike."""


def differs(logs: Floats, shift: float, among: Family) -> bool:
    """Whether log ratios of paired rounds lie further from 0 than chance leads in the family;
    `shift` is the standard deviation of what they share.

    Order statistics where there are rounds enough for that, so that some disturbed rounds do no
    harm: 16 for 100 cases of five contenders. Of fewer, Student's interval of their mean.
    """
    size, tail = len(logs), among.tail
    if 0.5**size <= tail:
        (low,), (high,) = (end.tolist() for end in intervals(logs[None], 2 * tail))
        middle = float(np.median(logs))
        return abs(middle) > math.hypot(
            middle - (low if middle > 0 else high), normal(tail) * shift
        )
    degrees = among.degrees + size - 1
    variance = among.degrees * among.variance + (size - 1) * float(np.var(logs, ddof=1))
    error = math.sqrt(variance / degrees / size)
    half = student(tail, int(degrees)) * error
    return abs(float(logs.mean())) > math.hypot(half, normal(tail) * shift)


def reach(half: float, repeats: int, shift: float, tail: float) -> float:
    """How far an estimate may lie from the truth by chance, of which only the half width of the
    95 % interval is known.

    From order statistics that width itself is known by few values: as by a third as many, four at
    least. So an interval of 6 to 25 normal values misses less often than `tail`.
    """
    degrees = max(4, repeats // 3)
    wider = student(tail, degrees) / student(ALPHA / 2, degrees)
    return math.hypot(half * wider, normal(tail) * shift)

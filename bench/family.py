"""How sure a difference is when it was chosen among many: intervals that reach far enough for all.

Any word "slower" of a report means that one contender of a case took longer than another. If all
took the same time, the chance that any pair of them looks otherwise is at most the sum of the
chances of single pairs (Bonferroni), in either direction, so no choice of a leader by the same
data adds to it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable

from bench.quantiles import ALPHA, Floats, intervals, normal, student


def comparisons(contenders: Iterable[int]) -> int:
    """Pairs that can be made within cases of so many contenders; at least one."""
    return max(sum(count * (count - 1) // 2 for count in contenders), 1)


def differs(logs: Floats, shift: float, tail: float) -> bool:
    """Whether log ratios of paired rounds would look so different from 0, in this direction, less
    often than with probability `tail`; `shift` is the standard deviation of what they share.

    Order statistics where there are rounds enough for that, so that some disturbed rounds do no
    harm: 16 for 100 cases of five contenders. Of fewer, Student's interval of their mean.
    """
    size = len(logs)
    if 0.5**size <= tail:
        (low,), (high,) = (end.tolist() for end in intervals(logs[None], 2 * tail))
        sign = 1 if low > 0 else -1
        near = low if sign > 0 else high
        return sign * near > 0 and _clear(sign * _median(logs), sign * near, shift, tail)
    middle = float(logs.mean())
    half = student(tail, size - 1) * float(logs.std(ddof=1)) / math.sqrt(size)
    return abs(middle) > math.hypot(half, normal(tail) * shift)


def _clear(middle: float, near: float, shift: float, tail: float) -> bool:
    return middle > math.hypot(middle - near, normal(tail) * shift)


def _median(values: Floats) -> float:
    ordered: list[float] = sorted(values.tolist())
    return (ordered[(len(ordered) - 1) // 2] + ordered[len(ordered) // 2]) / 2


def reach(half: float, repeats: int, shift: float, tail: float) -> float:
    """How far an estimate may lie from the truth by chance, of which only the half width of the
    95 % interval is known.

    From order statistics that width itself is known by few values: as by a third as many, four at
    least. So an interval of 6 to 25 normal values misses less often than `tail`.
    """
    degrees = max(4, repeats // 3)
    wider = student(tail, degrees) / student(ALPHA / 2, degrees)
    return math.hypot(half * wider, normal(tail) * shift)

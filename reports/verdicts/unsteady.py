"""Cells whose times jump: no median tells how long a step takes, so nobody wins against them."""

from __future__ import annotations

import numpy as np

from bench.statistics.estimates import Interval, Series

SPAN = 3.0
"""Times the shortest that the longest round may take. Honest noise of a busy machine is a tenth of
that; beyond it two states take turns, as thread pools do that another program holds up."""

_TAIL = 0.1
"""Part of the rounds at either end that may be disturbed: a single one of many is an outlier."""


def span(rounds: Series) -> Interval | None:
    """Seconds of a short and of a long round of a cell whose times jump; None of any other."""
    times_s = rounds.times_s
    if times_s.max() <= SPAN * times_s.min():
        return None  # nearly all: what follows is slow
    low, high = np.quantile(times_s, [_TAIL, 1 - _TAIL]).tolist()
    return (low, high) if high > SPAN * low else None

"""Ratios of a comparison's cases: paired where both sides are one run, of two times where not."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from bench.statistics import combined, estimates
from bench.statistics.estimates import Estimate, Series
from reports.cell import VerifiedCell
from reports.compare.sides import Side


def of(
    a: Side, b: Side, cells: Sequence[tuple[VerifiedCell, VerifiedCell]]
) -> Iterable[tuple[Estimate | None, int, int]]:
    """The ratio of each case with the rounds and starts that went into it."""
    if a.results is b.results:
        keys = [(own.key, other.key) for own, other in cells]
        found = a.results.ratios([(other, own) for own, other in keys])
        every = a.results.rounds
        shared = [_shared(every[own], every[other]) for own, other in keys]
        return [(ratio, *both) for ratio, both in zip(found, shared, strict=True)]
    return [
        (
            combined.unpaired(_time(b, other), _time(a, own)),
            min(own.rounds, other.rounds),
            min(own.starts, other.starts),
        )
        for own, other in cells
    ]


def of_cpu(
    a: Side, b: Side, cells: Sequence[tuple[VerifiedCell, VerifiedCell]]
) -> list[Estimate | None]:
    """The same of CPU time, where that may tell more; None elsewhere."""
    if a.results is not b.results:
        return [None] * len(cells)
    return a.results.cpu_ratios([(other.key, own.key) for own, other in cells])


def _shared(own: Series, other: Series) -> tuple[int, int]:
    """Rounds that both took part in, and starts."""
    both = np.isin(own.rounds, other.rounds)
    return int(both.sum()), len(np.unique(own.starts[both]))


def _time(side: Side, cell: VerifiedCell) -> Estimate:
    return estimates.time(side.results.rounds[cell.key])

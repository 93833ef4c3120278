"""The plot of a ranking: how many times as long as the fastest each contender takes, by size."""

from __future__ import annotations

import math

from reports import formatting
from reports.analysis import suite_leaders
from reports.analysis.ranking import Ranking, Row
from reports.document import Plot, Series

FEWEST_SIZES = 2
"""With fewer there is no line, and the squares of the first screens tell as much."""


def plots(ranking: Ranking) -> tuple[Plot, ...]:
    """One plot, or none where no two sizes have two contenders."""
    told = [group for group in ranking.groups if len(group.rows) > 1]
    if len(told) < FEWEST_SIZES:
        return ()
    size_of = ranking.size_of
    plot = Plot(
        title=f"{ranking.title}: times as long as the fastest",
        heading="times as long as the fastest (lower is faster)",
        x_label=size_of,
        series=tuple(_series(ranking, line.label, line.framework) for line in ranking.lines),
        y_unit="speedup",
        x_ticks=tuple(group.size for group in ranking.groups),
        level=1.0,
        labelled=True,
        description=_describe(ranking, size_of),
    )
    return (plot,)


def _series(ranking: Ranking, label: str, framework: str) -> Series:
    """A gap where a size has no verified time: no line claims what lies between."""
    points, band = [], []
    for group in ranking.groups:
        row = next((row for row in group.rows if row.label == label), None)
        points.append((float(group.size), _ratio(row)))
        known = row.ratio.interval if row and row.ratio and not row.span else None
        band.append(known or (math.nan, math.nan))
    return Series(label, framework, tuple(points), tuple(band))


def _ratio(row: Row | None) -> float:
    """1 of the first; NaN of whose times jump, and of who has none."""
    if row is None or row.span:
        return math.nan
    return row.ratio.value if row.ratio else 1.0


def _describe(ranking: Ranking, size_of: str) -> str:
    """What the figure shows at its right end, for those who do not see it."""
    last = ranking.groups[-1]
    values = [f"{row.label} {suite_leaders.words(row)}" for row in last.rows]
    ends = f"{formatting.count(ranking.groups[0].size)} to {formatting.count(last.size)}"
    sizes = f"{size_of} from {ends}"
    at = f"At {formatting.count(last.size)}"
    return f"Lines over {sizes}, both axes logarithmic. {at}: {', '.join(values)}."

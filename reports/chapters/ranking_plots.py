"""The two plots of a ranking: time and throughput against size."""

from __future__ import annotations

import math
from collections.abc import Callable

from reports import formatting
from reports.analysis.ranking import Ranking, Row
from reports.document import Plot, Series, Unit

_Value = Callable[[Row], float]


def plots(ranking: Ranking) -> tuple[Plot, ...]:
    """None where no two sizes have a figure, so that there is no line."""
    time = _plot(ranking, "Time of one step", "time of one step (lower is faster)", "seconds")
    highest = max(row.cell.flop_per_s for group in ranking.groups for row in group.rows)
    scale, unit = formatting.flop_unit(highest)
    rate = _plot(ranking, unit, f"{unit} (higher is faster)", "gflops", scale)
    return tuple(plot for plot in (time, rate) if plot)


def _plot(ranking: Ranking, what: str, heading: str, unit: Unit, scale: float = 1.0) -> Plot | None:
    value: _Value = (
        (lambda r: r.cell.time_s) if unit == "seconds" else (lambda r: r.cell.flop_per_s / scale)
    )
    plotted = [g for g in ranking.groups if any(value(row) > 0 for row in g.rows)]
    if len(plotted) < 2:
        return None
    return Plot(
        title=f"{ranking.suite} {ranking.name}: {what} against n, {ranking.precision}",
        heading=heading,
        x_label="n",
        series=tuple(_series(ranking, line.label, line.framework, value) for line in ranking.lines),
        y_unit=unit,
        x_ticks=tuple(group.size for group in ranking.groups),
        description=_describe(ranking, unit),
    )


def _series(ranking: Ranking, label: str, framework: str, value: _Value) -> Series:
    """A gap where a size has no verified time: no line claims what lies between."""
    points, band = [], []
    for group in ranking.groups:
        row = next((row for row in group.rows if row.label == label), None)
        points.append((float(group.size), value(row) if row else math.nan))
        ends = (row.cell.low_s, row.cell.high_s) if row else (None, None)
        low, high = (math.nan if end is None else end for end in ends)
        # Throughput has no band: its interval is that of the time, the other way round.
        band.append((low, high) if row and value(row) == row.cell.time_s else (math.nan, math.nan))
    return Series(label, framework, tuple(points), tuple(band))


def _describe(ranking: Ranking, unit: Unit) -> str:
    """What the figure shows at its right end, for those who do not see it."""
    last = ranking.groups[-1]
    if unit == "seconds":
        values = [f"{row.label} {formatting.seconds(row.cell.time_s)}" for row in last.rows]
    else:
        values = [f"{row.label} {formatting.flop_rate(row.cell.flop_per_s)}" for row in last.rows]
    sizes = f"n from {formatting.count(ranking.groups[0].size)} to {formatting.count(last.size)}"
    return f"Lines over {sizes}, both axes logarithmic. At n = {last.size}: {', '.join(values)}."

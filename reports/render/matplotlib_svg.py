"""Plots drawn by matplotlib, as light as they can be."""

from __future__ import annotations

import io
import math
import re
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, MaxNLocator, NullLocator

from reports import formatting
from reports.document import Mark, Plot, Series, Unit
from reports.render.palette import INK, Style

_WIDTH_IN, _HEIGHT_IN = 4.6, 2.85
"""331 x 205 units, and the legend below: text of 9.5 units is still read on a telephone 360 px
wide."""

_ROW_IN = 0.205
"""Of the legend, which adds to the height: however many there are, the axes keep theirs."""

_LETTER, _HANDLE, _BETWEEN = 5.9, 29, 11
"""Units that a letter of the legend takes in the mean, a line before its name, a gap between."""

_LONGEST = 46
"""Letters of a name that has a line of the legend to itself."""

_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": INK,
    "axes.edgecolor": INK,
    "axes.labelcolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "svg.fonttype": "none",
}


_MOST_LABELS = 8
_LONGEST_LABEL = 18
"""Lines that have room for their names at their ends, and letters of a name."""


def render(plot: Plot, styles: Sequence[Style], key: str) -> tuple[str, float]:
    """The plot as SVG, and the share of its height that the legend takes at the bottom.

    Groups `s0-line`, `s0-band` and so on hold the series, `legend` the legend.
    """
    settings: Any = _SETTINGS | {"svg.hashsalt": key}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A name in a script that the font lacks is measured wrong but written right: it is text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure, share = _figure(plot, styles)
        buffer = io.StringIO()
        nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
        figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return buffer.getvalue(), share


def labelled(plot: Plot) -> bool:
    """Whether its lines have their names at their ends, and so no legend."""
    return plot.labelled and len(plot.series) <= _MOST_LABELS


def _figure(plot: Plot, styles: Sequence[Style]) -> tuple[Figure, float]:
    if labelled(plot):
        return _labelled(plot, styles), 0.0
    names = [_name(series.label, _LONGEST) for series in plot.series]
    columns = _columns(names)
    legend_in = _ROW_IN * -(-len(names) // columns)
    height_in = _HEIGHT_IN + legend_in
    figure = Figure(figsize=(_WIDTH_IN, height_in))
    FigureCanvasSVG(figure)
    low, high = (legend_in + 0.5) / height_in, (height_in - 0.23) / height_in
    axes = figure.add_axes((0.155, low, 0.81, high - low))
    handles = [
        _draw(axes, number, series, style)
        for number, (series, style) in enumerate(zip(plot.series, styles, strict=True))
    ]
    _dress(axes, plot)
    for mark in plot.marks:
        _mark(axes, mark)
    legend = figure.legend(
        handles,
        names,
        loc="upper center",
        ncols=columns,
        frameon=False,
        handlelength=2.2,
        columnspacing=1.2,
        borderaxespad=0,
        bbox_to_anchor=(0.5, legend_in / height_in),
    )
    legend.set_gid("legend")
    return figure, legend_in / height_in


def _labelled(plot: Plot, styles: Sequence[Style]) -> Figure:
    """With each line's name at its right end instead of a legend."""
    figure = Figure(figsize=(_WIDTH_IN, _HEIGHT_IN))
    FigureCanvasSVG(figure)
    names = [_name(series.label, _LONGEST_LABEL) for series in plot.series]
    wide = min(0.36, (12 + _LETTER * max(map(len, names))) / (72 * _WIDTH_IN))
    low, high = 0.5 / _HEIGHT_IN, (_HEIGHT_IN - 0.23) / _HEIGHT_IN
    axes = figure.add_axes((0.155, low, 0.825 - wide, high - low))
    for number, (series, style) in enumerate(zip(plot.series, styles, strict=True)):
        _draw(axes, number, series, style)
    _dress(axes, plot)
    ends = [_end(axes, series) for series in plot.series]
    gap = 11 / (72 * _HEIGHT_IN * (high - low))
    for at, place in _apart({n: end[1] for n, end in enumerate(ends) if end}, gap).items():
        x, y = ends[at] or (1.0, 0.5)
        axes.annotate(
            names[at],
            (x, y),
            xycoords="axes fraction",
            xytext=(1.04, place),
            textcoords="axes fraction",
            va="center",
            fontsize=9,
            arrowprops={"arrowstyle": "-", "color": styles[at].colour, "linewidth": 0.9},
        ).set_gid(f"s{at}-label")
    return figure


def _end(axes: Any, series: Series) -> tuple[float, float] | None:
    """Where a line ends, as parts of the axes; None of a line without any point."""
    points = [point for point in series.points if not math.isnan(_drawable(point[1]))]
    if not points:
        return None
    to_axes = axes.transData + axes.transAxes.inverted()
    x, y = to_axes.transform(points[-1])
    return float(x), float(y)


def _apart(wanted: dict[int, float], gap: float) -> dict[int, float]:
    """Heights by number, in their order, none nearer to another than the gap."""
    numbers = sorted(wanted, key=lambda number: wanted[number])
    placed: list[float] = []
    for number in numbers:
        placed.append(max(wanted[number], placed[-1] + gap if placed else 0.0))
    over = max(0.0, placed[-1] - 1.0) if placed else 0.0
    for at in range(len(placed) - 1, -1, -1):  # those at the top push the others down again
        limit = placed[at + 1] - gap if at + 1 < len(placed) else placed[at] - over
        placed[at] = min(placed[at], limit)
    return dict(zip(numbers, placed, strict=True))


def _columns(names: Sequence[str]) -> int:
    """As many columns of the legend as there is room for, each as wide as its longest name."""
    for columns in range(min(5, len(names)), 1, -1):
        longest = [max(map(len, each)) for each in np.array_split(names, columns)]
        wide = sum(_HANDLE + _LETTER * letters for letters in longest)
        if wide + _BETWEEN * columns <= 72 * _WIDTH_IN:
            return columns
    return 1


def _name(label: str, most: int = 26) -> str:
    """The label, cut in the middle where it is too long: names often begin alike."""
    if len(label) <= most:
        return label
    return f"{label[: most // 2]}…{label[-(most // 2 - 1) :]}"


def _draw(axes: Any, number: int, series: Series, style: Style) -> Any:
    xs = [_drawable(x) for x, _ in series.points]
    ys = [_drawable(y) for _, y in series.points]
    if series.band:
        low, high = ([_drawable(ends[at]) for ends in series.band] for at in (0, 1))
        band = axes.fill_between(xs, low, high, color=style.colour, alpha=0.18, linewidth=0)
        band.set_gid(f"s{number}-band")
    bare = not style.marker
    (line,) = axes.plot(
        xs,
        ys,
        color=style.colour,
        alpha=0.55 if bare else 1.0,
        linestyle=style.line or "none",
        linewidth=1.2 if bare else 1.6,
        marker=style.marker,
        markersize=5,
        markerfacecolor=style.colour if style.filled else "none",
        zorder=1.5 if bare else 2.5,
    )
    line.set_gid(f"s{number}-line")
    return line


def _mark(axes: Any, mark: Mark) -> None:
    low, high = axes.get_xlim()
    ends = [mark.low or mark.at, mark.high or mark.at]
    axes.axvspan(max(low, ends[0]), min(high, ends[1]), color=INK, alpha=0.12, linewidth=0)
    axes.axvline(mark.at, color=INK, alpha=0.6, linewidth=1, linestyle=(0, (2, 2)))
    # Beside the line, on the side with more room.
    middle = math.sqrt(low * high) if low > 0 else (low + high) / 2
    axes.annotate(
        mark.label or formatting.amount(mark.at),
        (mark.at, 1),
        xycoords=("data", "axes fraction"),
        xytext=(4 if mark.at < middle else -4, -3),
        textcoords="offset points",
        ha="left" if mark.at < middle else "right",
        va="top",
        fontsize=9,
    )
    axes.set_xlim(low, high)


def _drawable(value: float) -> float:
    """NaN, which leaves a gap, for what is unknown, or beyond anything a clock can tell."""
    return value if value == 0 or 1e-15 < abs(value) < 1e15 else math.nan


# --- axes -------------------------------------------------------------------------------------


def _dress(axes: Any, plot: Plot) -> None:
    """Axes, ticks and grid."""
    if plot.x_log:
        axes.set_xscale("log")
    if plot.y_log:
        axes.set_yscale("log")
    _ticks_x(axes, plot)
    low, high = axes.get_ylim()
    if plot.y_log:
        wide = high / low if low > 0 else math.inf
        subs = (1, 2, 5) if wide < 30 else (1, 3) if wide < 1000 else (1,)
        axes.yaxis.set_major_locator(LogLocator(subs=subs, numticks=7))
    else:
        axes.yaxis.set_major_locator(MaxNLocator(5))
    show = _SHOW[plot.y_unit]
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    if plot.level is not None:
        axes.axhline(plot.level, color=INK, alpha=0.5, linewidth=1)
    axes.grid(axis="y", color=INK, alpha=0.15, linewidth=0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, axis="y")
    axes.tick_params(length=3, axis="x")
    axes.set_xlabel(plot.x_label, labelpad=1)
    axes.set_title(plot.heading, loc="left", fontsize=9.5, x=-0.16)


def _ticks_x(axes: Any, plot: Plot) -> None:
    axes.xaxis.set_minor_locator(NullLocator())
    if plot.x_names:
        axes.xaxis.set_major_locator(FixedLocator(range(len(plot.x_names))))
        axes.set_xticks(range(len(plot.x_names)), [_name(name) for name in plot.x_names])
        axes.set_xlim(-0.3, len(plot.x_names) - 0.7)
        return
    show = _SHOW[plot.x_unit]
    sizes = sorted(set(plot.x_ticks))
    round_ones = all(size < 10_000 or size % 1000 == 0 for size in sizes)
    if sizes and round_ones:
        every = -(-len(sizes) // 8)
        axes.xaxis.set_major_locator(FixedLocator(sizes[::-1][::every]))
    elif plot.x_log:
        axes.xaxis.set_major_locator(LogLocator(numticks=7))
    else:
        axes.xaxis.set_major_locator(MaxNLocator(6, integer=True))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))


def _count(size: float) -> str:
    """`512`, `10k`, `1M`"""
    for scale, suffix in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if size >= max(scale, 10_000) and size % scale == 0:
            return f"{size / scale:.0f}{suffix}"
    return f"{size:.0f}" if size >= 1 else f"{size:g}"


def _short(text: str) -> str:
    """`1.00 ms` as `1 ms`: ticks are powers of ten."""
    return re.sub(r"\.0+(?=\D|$)", "", text)


_SHOW: dict[Unit, Callable[[float], str]] = {
    "count": _count,
    "rate": _count,
    "seconds": lambda value: _short(formatting.seconds(value)),
    "gflops": "{:g}".format,
    "intensity": "{:g}".format,
    "plain": "{:g}".format,
    "speedup": "{:g}x".format,
    "share": lambda value: f"{100 * value:g} %",
}

"""Figures as SVG: time and throughput against size, on logarithmic axes, a line for each contender.

The same content gives the same bytes. Text stays text; axes and words take the page's colour.
"""

from __future__ import annotations

import io
import math
import re
import warnings
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal
from xml.sax.saxutils import escape

import matplotlib as mpl
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.ticker import FixedLocator, FuncFormatter, LogLocator, NullLocator

from reports import units
from reports.content import Content
from reports.ranking import Ranking, Row

Quantity = Literal["time", "throughput"]
QUANTITIES: tuple[Quantity, ...] = ("time", "throughput")

COLOURS = {
    "numpy": ("#CC79A7", "o"),
    "torch": ("#D55E00", "s"),
    "tf": ("#E69F00", "^"),
    "jax": ("#0072B2", "D"),
    "mlx": ("#009E73", "v"),
}
"""Colour and marker of each framework, in every figure (colour-blind-safe: Okabe & Ito)."""

OTHERS = (("#56B4E9", "P"), ("#8C8C8C", "X"))
"""For adapters from outside, in the order of their names."""

_LINES = ("-", "--", ":", "-.")
"""Contenders of one framework share its colour and differ in these."""

_INK = "#102030"
"""Stands for the text colour of whatever page the figure is shown on."""

_SIZE_IN = (4.6, 3.3)
"""331 x 238 units: text of 9.5 units is still read on a telephone 360 px wide."""

_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": 9.5,
    "text.parse_math": False,
    "text.color": _INK,
    "axes.edgecolor": _INK,
    "axes.labelcolor": _INK,
    "xtick.color": _INK,
    "ytick.color": _INK,
    "svg.fonttype": "none",
}


@dataclass(frozen=True)
class Chart:
    """One figure: its SVG, and in words what it shows."""

    key: str
    """Unique in a report; letters, digits and hyphens."""
    title: str
    description: str
    svg: str
    """For a page: it takes the page's text colour."""

    @property
    def standalone(self) -> str:
        """For a file of its own: it chooses a text colour by the reader's theme."""
        style = (
            "<style>svg { color: #24292f } "
            "@media (prefers-color-scheme: dark) { svg { color: #d0d7de } }</style>"
        )
        head, end, rest = self.svg.partition("</desc>")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{end}\n{style}{rest}'


def illustrate(content: Content) -> Mapping[tuple[int, int], tuple[Chart, ...]]:
    """The figures of each ranking, by the numbers of its section and of itself from 0."""
    drawn = {}
    for at, section in enumerate(content.sections):
        for number, ranking in enumerate(section.rankings):
            words = f"{ranking.suite} {ranking.name} {ranking.precision}".lower()
            slug = re.sub(r"[^a-z0-9]+", "-", words)[:60].strip("-")
            keys = {q: f"{at + 1}-{number + 1}-{slug}-{q}" for q in QUANTITIES}
            charts = (draw(ranking, quantity, key) for quantity, key in keys.items())
            drawn[at, number] = tuple(chart for chart in charts if chart)
    return drawn


def draw(ranking: Ranking, quantity: Quantity, key: str) -> Chart | None:
    """The figure of a workload; None where no two sizes have a figure, so there is no line."""
    told = [group for group in ranking.groups if any(_known(group.rows, quantity))]
    if len(told) < 2:
        return None
    what = "Time of one step" if quantity == "time" else "GFLOP/s"
    title = f"{ranking.suite} {ranking.name}: {what} against n, {ranking.precision}"
    description = _describe(ranking, quantity)
    settings: Any = _SETTINGS | {"svg.hashsalt": key}
    with mpl.rc_context(settings), warnings.catch_warnings():
        # A name in a script that the font lacks is measured wrong but written right: it is text.
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        drawn = _render(_figure(ranking, quantity))
    return Chart(key, title, description, _accessible(drawn, key, title, description))


def _figure(ranking: Ranking, quantity: Quantity) -> Figure:
    figure = Figure(figsize=_SIZE_IN)
    FigureCanvasSVG(figure)
    columns, below = _legend(ranking)
    axes = figure.add_axes((0.155, below, 0.83, 0.93 - below))
    sizes = [group.size for group in ranking.groups]
    handles, labels = [], []
    for label, style, rows in _lines(ranking):
        if quantity == "time":
            low = [_drawable(row.low_s) if row else math.nan for row in rows]
            high = [_drawable(row.high_s) if row else math.nan for row in rows]
            axes.fill_between(sizes, low, high, color=style["color"], alpha=0.18, linewidth=0)
        # A gap where a size has no verified time: no line claims what lies between.
        values = [_drawable(_value(row, quantity)) if row else math.nan for row in rows]
        (line,) = axes.plot(sizes, values, **style)
        handles.append(line)
        labels.append(_name(label))
    _dress(axes, ranking, quantity)
    figure.legend(
        handles,
        labels,
        loc="lower center",
        ncols=columns,
        frameon=False,
        handlelength=2.2,
        columnspacing=1.2,
        bbox_to_anchor=(0.55, -0.01),
    )
    return figure


def _legend(ranking: Ranking) -> tuple[int, float]:
    """Columns of the legend; and the share of the figure's height that it and the axis take."""
    longest = max(len(_name(line.label)) for line in ranking.lines)
    columns = min(3 if longest > 8 else 5, len(ranking.lines))
    rows = -(-len(ranking.lines) // columns)
    return columns, 0.15 + 0.065 * rows


def _name(label: str) -> str:
    return label if len(label) <= 24 else f"{label[:23]}…"


def _lines(ranking: Ranking) -> list[tuple[str, dict[str, Any], list[Row | None]]]:
    """Label, style and rows of every contender, a row or None for each size."""
    strangers = sorted({line.framework for line in ranking.lines} - set(COLOURS))
    seen: Counter[str] = Counter()
    lines = []
    for line in ranking.lines:
        if line.framework in COLOURS:
            colour, marker = COLOURS[line.framework]
        else:
            colour, marker = OTHERS[strangers.index(line.framework) % len(OTHERS)]
        number = seen[line.framework]
        seen[line.framework] += 1
        style = {
            "color": colour,
            "marker": marker,
            "linestyle": _LINES[number % len(_LINES)],
            "linewidth": 1.6,
            "markersize": 5,
            "markerfacecolor": "none" if number else colour,
        }
        rows = [
            next((row for row in group.rows if row.label == line.label), None)
            for group in ranking.groups
        ]
        lines.append((line.label, style, rows))
    return lines


def _value(row: Row, quantity: Quantity) -> float:
    return row.time_s if quantity == "time" else row.flop_per_s / 1e9


def _known(rows: Iterable[Row], quantity: Quantity) -> Iterator[bool]:
    return (not math.isnan(_drawable(_value(row, quantity))) for row in rows)


def _drawable(value: float | None) -> float:
    """NaN, which leaves a gap, for what is unknown, zero, or beyond anything a clock can tell."""
    return value if value is not None and 1e-15 < value < 1e15 else math.nan


def _dress(axes: Any, ranking: Ranking, quantity: Quantity) -> None:
    """Axes, ticks and grid, as light as they can be."""
    axes.set_xscale("log")
    axes.set_yscale("log")
    sizes = sorted({group.size for group in ranking.groups})
    every = -(-len(sizes) // 8)
    axes.xaxis.set_major_locator(FixedLocator(sizes[::-1][::every]))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda size, _: _tick(size)))
    axes.xaxis.set_minor_locator(NullLocator())
    low, high = axes.get_ylim()
    axes.yaxis.set_major_locator(
        LogLocator(subs=(1, 2, 5) if high < 50 * low else (1,), numticks=7)
    )
    show = (lambda value: _short(units.seconds(value))) if quantity == "time" else "{:g}".format
    axes.yaxis.set_major_formatter(FuncFormatter(lambda value, _: show(value)))
    axes.yaxis.set_minor_locator(NullLocator())
    axes.grid(axis="y", color=_INK, alpha=0.15, linewidth=0.6)
    axes.spines[["top", "right", "left"]].set_visible(False)
    axes.tick_params(length=0, axis="y")
    axes.tick_params(length=3, axis="x")
    axes.set_xlabel("n", labelpad=1)
    heading = "time of one step" if quantity == "time" else "GFLOP/s"
    better = "lower" if quantity == "time" else "higher"
    axes.set_title(f"{heading} ({better} is faster)", loc="left", fontsize=9.5, x=-0.16)


def _tick(size: float) -> str:
    """`512`, `10k`, `1M`"""
    whole = round(size)
    for scale, suffix in ((10**9, "G"), (10**6, "M"), (10**3, "k")):
        if whole >= 10_000 and whole % scale == 0:
            return f"{whole // scale}{suffix}"
    return str(whole)


def _short(text: str) -> str:
    """`1.00 ms` as `1 ms`: ticks are powers of ten."""
    return re.sub(r"\.0+(?=\D|$)", "", text)


def _describe(ranking: Ranking, quantity: Quantity) -> str:
    """What the figure shows at its right end, for those who do not see it."""
    last = ranking.groups[-1]
    show = units.seconds if quantity == "time" else lambda value: f"{units.digits(value)} GFLOP/s"
    values = (f"{row.label} {show(_value(row, quantity))}" for row in last.rows)
    sizes = f"n from {units.count(ranking.groups[0].size)} to {units.count(last.size)}"
    return f"Lines over {sizes}, both axes logarithmic. At n = {last.size}: {', '.join(values)}."


def _render(figure: Figure) -> str:
    buffer = io.StringIO()
    nothing = dict.fromkeys(("Creator", "Date", "Format", "Type"))
    figure.savefig(buffer, format="svg", transparent=True, metadata=nothing)
    return buffer.getvalue()


def _accessible(svg: str, key: str, title: str, description: str) -> str:
    """The <svg> element alone, named and described, with ids of its own and the page's colour."""
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{key}-", svg)
    svg = svg.replace(_INK.lower(), "currentColor").replace(_INK, "currentColor")
    head, body = svg.split(">", 1)
    head = re.sub(r' (width|height)="[^"]*"', "", head)
    # Its own style sheet would apply to the whole page that the figure is put into.
    body = re.sub(r"\n <defs>\n  <style.*?</style>\n </defs>", "", body, count=1, flags=re.DOTALL)
    return (
        f'{head} style="stroke-linejoin: round" role="img"'
        f' aria-labelledby="{key}-title {key}-desc">\n'
        f'<title id="{key}-title">{escape(title)}</title>\n'
        f'<desc id="{key}-desc">{escape(description)}</desc>{body}'
    )

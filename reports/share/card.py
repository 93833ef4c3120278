"""A card of 1200 x 630 for social media and chats: `card.svg` and `card.png`, drawn once."""

from __future__ import annotations

import io
import textwrap
import warnings
from dataclasses import dataclass
from typing import Any, Literal

import matplotlib as mpl
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle

from reports.content import Content
from reports.formatting import plain
from reports.front.front import Front
from reports.front.places import PLACES, Bar
from reports.render.palette import PLACE_COLOURS

WIDTH, HEIGHT = 1200, 630
_DPI = 100
_MARGIN = 56
_MOST_BARS = 6
_INK, _QUIET, _PAGE = "#1f2428", "#5a636c", "#ffffff"

_SETTINGS = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "text.parse_math": False,
    "svg.fonttype": "path",  # shown where that font may be missing
    "svg.hashsalt": "card",
}


@dataclass(frozen=True)
class Card:
    """The same picture twice."""

    svg: bytes
    png: bytes


def draw(content: Content) -> Card:
    """Of the first run; without any it says so."""
    settings: Any = _SETTINGS
    with mpl.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from font")
        figure = _figure(content)
        return Card(svg=_saved(figure, "svg"), png=_saved(figure, "png"))


def _saved(figure: Figure, kind: Literal["svg", "png"]) -> bytes:
    buffer = io.BytesIO()
    names = ("Creator", "Date", "Format", "Type") if kind == "svg" else ("Software",)
    figure.savefig(buffer, format=kind, dpi=_DPI, metadata=dict.fromkeys(names))
    return buffer.getvalue()


def _figure(content: Content) -> Figure:
    figure = Figure(figsize=(WIDTH / _DPI, HEIGHT / _DPI), facecolor=_PAGE)
    FigureCanvasAgg(figure)
    if not content.fronts:
        _write(figure, _MARGIN, 300, content.summary, 24)
        return figure
    front = content.fronts[0]
    _write(figure, _MARGIN, 60, " · ".join(("Metalbench", *front.facts)), 15, colour=_QUIET)
    lines = textwrap.wrap(plain(front.headline, 200), 50, max_lines=3, placeholder=" …")
    for number, line in enumerate(lines):
        _write(figure, _MARGIN, 120 + 50 * number, line, 27, weight="bold")
    _bars(figure, front, top=100 + 50 * len(lines) + 40)
    told = "   ".join(card.answer for card in front.cards[-1:])
    _write(figure, _MARGIN, HEIGHT - 34, told, 15, colour=_QUIET)
    return figure


def _bars(figure: Figure, front: Front, top: float) -> None:
    shown = front.bars[:_MOST_BARS]
    most = max((sum(bar.counts.values()) for bar in shown), default=1)
    height = min(44, (HEIGHT - 110 - top) / max(len(shown), 1))
    for number, bar in enumerate(shown):
        y = top + number * height
        _write(figure, _MARGIN, y + 0.35 * height, plain(bar.label, 18), 15, weight="bold")
        _bar(figure, bar, most, y, 0.7 * height)
    there = {place for bar in shown for place in bar.counts}
    x = float(_MARGIN)
    for place, words in PLACES.items():
        if place in there:
            _box(figure, x, HEIGHT - 88, 16, 16, PLACE_COLOURS[place])
            _write(figure, x + 24, HEIGHT - 80, words, 12, colour=_QUIET)
            x += 48 + 8.2 * len(words)


def _bar(figure: Figure, bar: Bar, most: int, y: float, height: float) -> None:
    x, width = 300.0, 620.0
    for place, count in bar.counts.items():
        _box(figure, x, y, width * count / most - 2, height, PLACE_COLOURS[place])
        x += width * count / most
    told = f"{bar.fastest} fastest, {bar.within} within 2x of {bar.run}"
    _write(figure, 300 + width + 16, y + 0.5 * height, told, 12)


def _box(
    figure: Figure, x: float, y: float, width: float, height: float, colour: tuple[str, str]
) -> None:
    face, edge = colour
    box = (x / WIDTH, 1 - (y + height) / HEIGHT), width / WIDTH, height / HEIGHT
    patch = Rectangle(*box, facecolor=face, edgecolor=edge, linewidth=1, transform=None)
    patch.set_transform(figure.transFigure)
    figure.add_artist(patch)


def _write(
    figure: Figure,
    x: float,
    y: float,
    text: str,
    size: float,
    *,
    weight: str = "normal",
    colour: str = _INK,
) -> None:
    figure.text(
        x / WIDTH,
        1 - y / HEIGHT,
        plain(text, 160),
        size=size,
        weight=weight,
        color=colour,
        va="center",
    )

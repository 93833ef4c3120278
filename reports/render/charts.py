"""Figures as SVG, named, described, with ids of their own and text that stays text.

The same content gives the same bytes. Axes and words take the page's colour.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from xml.sax.saxutils import escape

from reports.content import Content
from reports.document import Part, Plot
from reports.isolation import Attempts
from reports.render import matplotlib_svg, palette
from reports.render.palette import INK, Style

FIGURES, FIGURES_OF_MANY, MANY = 48, 12, 10
"""Most figures of a report, and of one on many runs: that one is read by its tables. A fair share
goes to each chapter."""


@dataclass(frozen=True)
class Chart:
    """One figure: its SVG, and in words what it shows."""

    key: str
    """Unique in a report; letters, digits and hyphens."""
    title: str
    description: str
    svg: str
    """With its legend inside."""
    legend_share: float
    """Part of the height, at the bottom, that the legend takes."""
    legend: tuple[tuple[str, Style], ...]
    """None where the lines bear their names."""

    @property
    def standalone(self) -> str:
        """For a file of its own: it chooses a text colour by the reader's theme."""
        style = (
            "<style>svg { color: #24292f } "
            "@media (prefers-color-scheme: dark) { svg { color: #d0d7de } }</style>"
        )
        head, end, rest = self.svg.partition("</desc>")
        return f'<?xml version="1.0" encoding="utf-8"?>\n{head}{end}\n{style}{rest}'

    @property
    def inline(self) -> str:
        """For a page that makes a legend of its own out of `legend`."""
        return _without_legend(self.svg, f'<g id="{self.key}-legend">', self.legend_share)


def illustrate(
    content: Content, attempts: Attempts | None = None
) -> Mapping[str, tuple[Chart, ...]]:
    """The figures of each part that has some, by the part's key; in place of one that fails stands
    one that says so."""
    attempts = attempts or Attempts()
    chapters = [[p for p in chapter.parts if p.plots] for chapter in content.chapters]
    budget = FIGURES if len(content.sections) <= MANY else FIGURES_OF_MANY
    chosen = _shared([parts for parts in chapters if parts], budget)
    return {
        part.key: tuple(
            attempts.of(
                f"This figure ({plot.title})",
                partial(draw, plot, f"{part.key}-{number}"),
                partial(_told, plot, f"{part.key}-{number}"),
            )
            for number, plot in enumerate(part.plots, start=1)
        )
        for parts in chapters
        for part in parts
        if part.key in chosen
    }


def _shared(chapters: list[list[Part]], left: int) -> set[str]:
    """The parts that get figures: what a chapter does not need of its share, the others get."""
    chosen = set[str]()
    for done, parts in enumerate(sorted(chapters, key=lambda parts: sum(map(_count, parts)))):
        share = left // (len(chapters) - done)
        for part in parts:
            if _count(part) <= share:
                share -= _count(part)
                left -= _count(part)
                chosen.add(part.key)
    return chosen


def _count(part: Part) -> int:
    return len(part.plots)


def draw(plot: Plot, key: str) -> Chart:
    """The figure of a plot."""
    styles = palette.styles(plot.series)
    svg, legend_share = matplotlib_svg.render(plot, styles, key)
    names = (series.label for series in plot.series)
    return Chart(
        key=key,
        title=plot.title,
        description=plot.description,
        svg=_accessible(svg, key, plot.title, plot.description),
        legend_share=legend_share,
        legend=() if matplotlib_svg.labelled(plot) else tuple(zip(names, styles, strict=True)),
    )


def _told(plot: Plot, key: str, sentence: str) -> Chart:
    """A figure that says in words why there is none."""
    lines = textwrap.wrap(sentence, 54)
    words = "".join(f'<tspan x="4" dy="15">{escape(line)}</tspan>' for line in lines)
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 331 {15 * len(lines) + 10}">'
        f'<text font-family="sans-serif" font-size="9.5" fill="{INK}">{words}</text></svg>'
    )
    return Chart(key, plot.title, sentence, _accessible(svg, key, plot.title, sentence), 0.0, ())


def _accessible(svg: str, key: str, title: str, description: str) -> str:
    """The <svg> element alone, named and described, with ids of its own and the page's colour."""
    svg = svg[svg.index("<svg") :].rstrip()
    svg = re.sub(r'(\bid="|url\(#|href="#)', rf"\g<1>{key}-", svg)
    svg = svg.replace(INK.lower(), "currentColor").replace(INK, "currentColor")
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


def _without_legend(svg: str, opening: str, share: float) -> str:
    """The figure cut above its legend, and the legend's own group taken out."""
    start = svg.find(opening)
    if start < 0:
        return svg
    depth, end = 0, start
    for tag in re.finditer(r"<g\b|</g>", svg[start:]):
        depth += 1 if tag[0] == "<g" else -1
        if not depth:
            end = start + tag.end()
            break
    svg = svg[:start] + svg[end:]
    return re.sub(r'viewBox="0 0 (\S+) (\S+)"', lambda box: _cut(box, share), svg, count=1)


def _cut(box: re.Match[str], share: float) -> str:
    return f'viewBox="0 0 {box[1]} {float(box[2]) * (1 - share):.2f}"'

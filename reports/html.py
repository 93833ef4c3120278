"""The report as one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports.charts import Chart
from reports.content import Content
from reports.layout import shown
from reports.method import NOTHING_WRONG
from reports.palette import INK, Style

_FOLDER = Path(__file__).parent / "templates"

_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)

_DASHES = {"-": "", "--": "5 3", ":": "1.5 2.5", "-.": "5 2 1.5 2"}

_SHAPES = {
    "o": "M15 3.5a3.5 3.5 0 1 0 .01 0z",
    "s": "M12 4h6v6h-6z",
    "^": "M15 3.2l3.8 7h-7.6z",
    "v": "M15 10.8l3.8-7h-7.6z",
    "D": "M15 2.8l4.2 4.2-4.2 4.2-4.2-4.2z",
    "P": "M13.7 3.5h2.6v2.2h2.2v2.6h-2.2v2.2h-2.6V8.3h-2.2V5.7h2.2z",
    "X": "M12 4l6 6M18 4l-6 6",
}
"""Matplotlib's markers as paths in a box of 30 x 14."""


def render(content: Content, charts: Mapping[str, tuple[Chart, ...]]) -> str:
    """The page. `charts` are those of each part, by its key."""
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    # The only script that the page's own policy lets run.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _TEMPLATES.get_template("report.html")
    return template.render(
        content=content,
        chapters=list(shown(content.chapters)),
        charts=charts,
        swatch=_swatch,
        svg=lambda chart: Markup(chart.inline),  # by matplotlib, which escapes names in it
        script=Markup(script),
        digest=digest,
        nothing_wrong=NOTHING_WRONG,
    )


def _swatch(style: Style) -> Markup:
    """A piece of the line with its marker, as in the figure."""
    colour = "currentColor" if style.colour == INK else style.colour
    fill = colour if style.filled else "none"
    return Markup(
        '<svg viewBox="0 0 30 14" width="30" height="14" aria-hidden="true">'
        '<path d="M1 7h28" stroke="{0}" stroke-width="1.8" stroke-dasharray="{1}"/>'
        '<path d="{2}" stroke="{0}" stroke-width="1.3" fill="{3}"/></svg>'
    ).format(colour, _DASHES[style.line], _SHAPES[style.marker], fill)

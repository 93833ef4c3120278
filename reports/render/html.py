"""The report as one HTML file that asks the network for nothing."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from reports.chapters.method import NOTHING_WRONG
from reports.content import Content
from reports.document import Chapter, Table, shown
from reports.findings import glance
from reports.findings.finding import Finding
from reports.findings.grouped import grouped
from reports.formatting import Figure, digits
from reports.front.fleet import Fleet
from reports.front.front import Front
from reports.front.places import PLACES
from reports.isolation import Attempts
from reports.render import front
from reports.render.charts import Chart
from reports.render.palette import INK, Style

_FOLDER = Path(__file__).parent / "templates"

_SENTENCE = Markup('<p class="lead">{}</p>')

_TEMPLATES = Environment(
    loader=FileSystemLoader(_FOLDER),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def _breaking(text: str) -> Markup:
    """A name that may be a path: where it must, it breaks between folders."""
    return escape(text).replace("/", Markup("/<wbr>"))


_TEMPLATES.filters["breaking"] = _breaking

_DASHES = {"-": "", "--": "5 3", ":": "1.5 2.5", "-.": "5 2 1.5 2"}

SHAPES = {
    "o": "M15 3.5a3.5 3.5 0 1 0 .01 0z",
    "s": "M12 4h6v6h-6z",
    "^": "M15 3.2l3.8 7h-7.6z",
    "v": "M15 10.8l3.8-7h-7.6z",
    "D": "M15 2.8l4.2 4.2-4.2 4.2-4.2-4.2z",
    "p": "M15 3l3.8 2.8-1.45 4.4h-4.7l-1.45-4.4z",
    "P": "M13.7 3.5h2.6v2.2h2.2v2.6h-2.2v2.2h-2.6V8.3h-2.2V5.7h2.2z",
    "X": "M12 4l6 6M18 4l-6 6",
}
"""Matplotlib's markers as paths in a box of 30 x 14."""


@dataclass(frozen=True)
class Offer:
    """A file that the page hands out."""

    label: str
    name: str
    address: str
    """The file itself as a data: URL where it is small, else its name."""


def render(
    content: Content,
    charts: Mapping[str, tuple[Chart, ...]],
    attempts: Attempts | None = None,
    offers: Sequence[Offer] = (),
) -> str:
    """The page. `charts` are those of each part, by its key; `offers` files that it hands out. A
    chapter that cannot be drawn says so in its place."""
    attempts = attempts or Attempts()
    script = (_FOLDER / "report.js").read_text(encoding="utf-8")
    # The only script that the page's own policy lets run.
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    template = _TEMPLATES.get_template("report.html")
    return template.render(
        content=content,
        chapters=list(shown(content.chapters)),
        drawn=lambda chapter: attempts.of(
            f"This chapter ({chapter.title})",
            partial(_chapter, chapter, charts),
            _SENTENCE.format,
        ),
        first=lambda macro, of: attempts.of(
            "This part of the first screen", partial(_first, macro, of), _SENTENCE.format
        ),
        script=Markup(script),
        digest=digest,
        nothing_wrong=NOTHING_WRONG,
        counted=_counted,
        grouped=grouped,
        trust=glance.sentences(content.findings) or NOTHING_WRONG,
        offers=offers,
    )


def told(sentence: str) -> str:
    """A page that only says why there is no other."""
    return _TEMPLATES.from_string(_BARE).render(sentence=sentence)


_BARE = (
    '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Metalbench report</title>\n'
    "<p>{{ sentence }}</p>\n</html>\n"
)


def _first(macro: str, of: Front | Fleet) -> Markup:
    """One of the first screens: `fleet`, `front` or `heat`."""
    module = _TEMPLATES.get_template("front.html").make_module(
        {
            "places": PLACES,
            "devices": front.devices,
            "digits": digits,
            "duel": front.duel,
            "legend": front.legend,
            "longest": front.longest,
            "segments": front.segments,
        }
    )
    return Markup(getattr(module, macro)(of, 1))


def _chapter(chapter: Chapter, charts: Mapping[str, tuple[Chart, ...]]) -> Markup:
    """What stands under the chapter's title."""
    template = _TEMPLATES.get_template("chapter.html")
    return Markup(
        template.render(
            chapter=chapter,
            charts=charts,
            swatch=_swatch,
            element=_table,
            svg=lambda chart: Markup(chart.inline),  # by matplotlib, which escapes names in it
        )
    )


def _counted(findings: Sequence[Finding]) -> str:
    """`1 wrong, 2 note`, as grave as they come."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{count} {severity}" for severity, count in counts.items())


def _table(table: Table) -> Markup:
    """The table element. Written by hand: a template takes ten times as long for a large one."""
    classes = f"{'figures' if table.numeric else 'words'} {table.kind}".strip()
    heads = "".join(f'<th scope="col">{_lines(c, "<br>")}</th>' for c in table.columns)
    parts = [f'<table class="{classes}">\n<thead><tr>{heads}</tr></thead>\n<tbody>\n']
    starts = {row for row, column in table.strong if column == 0 and table.kind == "details"}
    for at, row in enumerate(table.rows):
        parts.append('<tr class="first">' if at in starts else "<tr>")
        parts += [
            f'<th scope="row"{_sorts(cell)}>{escape(str(cell))}</th>'
            if column == 0
            else f"<td{_sorts(cell)}{_BEST * ((at, column) in table.strong)}>{_lines(cell)}</td>"
            for column, cell in enumerate(row)
        ]
        parts.append("</tr>\n")
    parts.append("</tbody>\n</table>")
    return Markup("".join(parts))


_BEST = ' class="best"'


def _lines(text: str, between: str = "") -> str:
    """The first line, and the others small under it or after `between`."""
    first, *others = map(escape, str(text).split("\n"))
    small = (f"{between}{line}" if between else f"<small>{line}</small>" for line in others)
    return "".join((first, *small)) if others else first


def _sorts(cell: str) -> str:
    """What the page's script sorts and compares by."""
    if not isinstance(cell, Figure) or cell.value is None:
        return ""
    ends = f' data-low="{cell.ends[0]!r}" data-high="{cell.ends[1]!r}"' if cell.ends else ""
    return f' data-v="{cell.value!r}"{ends}'


def _swatch(style: Style) -> Markup:
    """A piece of the line with its marker, as in the figure."""
    colour = "currentColor" if style.colour == INK else style.colour
    fill = colour if style.filled else "none"
    line = Markup('<path d="M1 7h28" stroke="{}" stroke-width="1.8" stroke-dasharray="{}"/>')
    shape = Markup('<path d="{}" stroke="{}" stroke-width="1.3" fill="{}"/>')
    return Markup(
        '<svg viewBox="0 0 30 14" width="30" height="14" aria-hidden="true">{}{}</svg>'
    ).format(
        line.format(colour, _DASHES[style.line]) if style.line else "",
        shape.format(SHAPES[style.marker], colour, fill) if style.marker else "",
    )

"""The report as one HTML file that asks the network for nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial

from markupsafe import Markup

from reports.chapters.method import NOTHING_WRONG
from reports.content import Content
from reports.document import Chapter, shown
from reports.findings import glance
from reports.findings.finding import Finding
from reports.findings.grouped import grouped
from reports.formatting import digits
from reports.front.fleet import Fleet
from reports.front.front import Front
from reports.front.places import PLACES
from reports.isolation import Attempts
from reports.render import front, page
from reports.render.charts import Chart
from reports.render.html_table import element
from reports.render.page import Offer
from reports.render.palette import INK, Style

_SENTENCE = Markup('<p class="lead">{}</p>')

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


def render(
    content: Content,
    charts: Mapping[str, tuple[Chart, ...]],
    attempts: Attempts | None = None,
    offers: Sequence[Offer] = (),
) -> str:
    """The page. `charts` are those of each part, by its key; `offers` files that it hands out. A
    chapter that cannot be drawn says so in its place."""
    attempts = attempts or Attempts()
    return page.render(
        "report.html",
        content=content,
        chapters=list(shown(content.chapters)),
        drawn=lambda chapter: attempts.of(
            f"This chapter ({chapter.title})",
            partial(chapter_body, chapter, charts),
            _SENTENCE.format,
        ),
        first=lambda macro, of: attempts.of(
            "This part of the first screen", partial(_first, macro, of), _SENTENCE.format
        ),
        nothing_wrong=NOTHING_WRONG,
        counted=_counted,
        grouped=grouped,
        trust=glance.sentences(content.findings) or NOTHING_WRONG,
        offers=offers,
    )


def told(sentence: str) -> str:
    """A page that only says why there is no other."""
    return page.TEMPLATES.from_string(_BARE).render(sentence=sentence)


_BARE = (
    '<!doctype html>\n<html lang="en"><meta charset="utf-8"><title>Metalbench report</title>\n'
    "<p>{{ sentence }}</p>\n</html>\n"
)


def _first(macro: str, of: Front | Fleet) -> Markup:
    """One of the first screens: `fleet`, `front` or `heat`."""
    module = page.TEMPLATES.get_template("front.html").make_module(
        {
            "places": PLACES,
            "devices": front.devices,
            "digits": digits,
            "duel": front.duel,
            "legend": front.legend,
            "lies": front.lies,
            "longest": front.longest,
            "segments": front.segments,
        }
    )
    return Markup(getattr(module, macro)(of, 1))


def chapter_body(chapter: Chapter, charts: Mapping[str, tuple[Chart, ...]]) -> Markup:
    """What stands under the chapter's title."""
    template = page.TEMPLATES.get_template("chapter.html")
    return Markup(
        template.render(
            chapter=chapter,
            charts=charts,
            swatch=_swatch,
            element=element,
            svg=lambda chart: Markup(chart.inline),  # by matplotlib, which escapes names in it
        )
    )


def _counted(findings: Sequence[Finding]) -> str:
    """`1 wrong, 2 note`, as grave as they come."""
    counts = Counter(finding.severity for finding in findings)
    return ", ".join(f"{count} {severity}" for severity, count in counts.items())


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

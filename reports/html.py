"""The report as one HTML file that asks the network for nothing."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from reports import tables
from reports.charts import Chart
from reports.content import NOTHING_WRONG, RECORDS_HOLD_MORE, Content

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"),
    autoescape=True,
    trim_blocks=True,
    lstrip_blocks=True,
    undefined=StrictUndefined,
)


def render(content: Content, charts: Mapping[tuple[int, int], tuple[Chart, ...]]) -> str:
    """The page. `charts` are those of each section's rankings, by their numbers."""
    # Figures are made by matplotlib, which escapes names in them; all else is escaped here.
    inline = {key: [Markup(chart.svg) for chart in drawn] for key, drawn in charts.items()}
    template = _TEMPLATES.get_template("report.html")
    return template.render(
        content=content,
        charts=inline,
        tables=tables,
        nothing_wrong=NOTHING_WRONG,
        records_hold_more=RECORDS_HOLD_MORE,
    )

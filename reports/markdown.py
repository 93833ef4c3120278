"""The report as Markdown with its figures beside it; no text of a record becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence

from reports import tables
from reports.charts import Chart
from reports.content import NOTHING_WRONG, RECORDS_HOLD_MORE, Content, Section
from reports.findings import Finding
from reports.tables import Table

FIGURES = "figures"
"""Folder of the figures, from the report's."""


def render(content: Content, charts: Mapping[tuple[int, int], tuple[Chart, ...]]) -> str:
    """The text. `charts` are those of each section's rankings, by their numbers."""
    blocks = [f"# {escape(content.title)}", escape(content.summary)]
    blocks += ["## What is wrong or doubtful", *_findings(content)]
    for at, section in enumerate(content.sections):
        drawn = [charts[at, number] for number in range(len(section.rankings))]
        blocks += _section(section, drawn)
    blocks.append("## How it was measured, and what it cannot say")
    blocks += map(escape, content.method)
    return "\n\n".join(blocks) + "\n"


def escape(text: str) -> str:
    """The text as Markdown that shows it and does nothing else.

    Entities where a backslash would not stop a link; underscores inside words mean nothing.
    """
    text = text.replace("&", "&amp;")
    text = re.sub(r"([\\`*\[\]<>|~$#])", r"\\\1", text)
    text = re.sub(r"(?<![^\W_])_|_(?![^\W_])", r"\\_", text)
    text = text.replace("://", "&#58;//").replace("@", "&#64;")
    text = re.sub(r"(?i)\b(www|mailto|xmpp)([.:])", _entity, text)
    text = re.sub(r"^(\d+)([.)])(?=\s|$)", r"\1\\\2", text.strip())
    return re.sub(r"^([-+=])", r"\\\1", text)


def _entity(found: re.Match[str]) -> str:
    return f"{found[1]}&#{ord(found[2])};"


def _findings(content: Content) -> Iterator[str]:
    if content.findings:
        yield _list(_finding(finding) for finding in content.findings)
    else:
        yield NOTHING_WRONG
    if content.omissions:
        yield "Left out on purpose:"
        yield _list(
            f"{escape(omission.reason)} ({escape('; '.join(omission.what))})"
            for omission in content.omissions
        )


def _finding(finding: Finding) -> str:
    parts = (finding.what, f"Where: {finding.where}", finding.action)
    return f"**{escape(finding.severity)}**: " + "<br>\n  ".join(map(escape, parts))


def _section(section: Section, drawn: Sequence[Sequence[Chart]]) -> Iterator[str]:
    yield f"## {escape(section.machine_label)}"
    yield f"Run {escape(section.run)}, {escape(section.started_at)}"
    yield "### The answer"
    if section.answers:
        yield _list(f"**{escape(a.topic)}**: {escape(a.text)}" for a in section.answers)
    else:
        yield "No cell of this run has verified answers, so there is nothing to rank."
    for ranking, charts in zip(section.rankings, drawn, strict=True):
        yield f"### {escape(ranking.title)}"
        yield _table(tables.overview(ranking))
        for chart in charts:
            yield f"![{escape(chart.title)}]({FIGURES}/{chart.key}.svg)"
        yield "All figures:"
        yield _table(tables.details(ranking))
    if section.notes:
        yield "\n".join(f"{n}. {escape(note)}" for n, note in enumerate(section.notes, start=1))
    if section.overheads:
        yield "### The harness itself"
        yield (
            "What the null adapter took: it does no work and returns prepared answers, so its time "
            "is the harness's own share of every step above. It is ranked nowhere."
        )
        yield _table(tables.overhead(section))
    yield from _setting(section)


def _setting(section: Section) -> Iterator[str]:
    yield "### Machine"
    yield _pairs(section.machine)
    yield "### Versions and settings"
    yield _table(tables.setups(section))
    yield _pairs(tables.environments(section))
    yield _pairs(section.settings)
    yield RECORDS_HOLD_MORE
    yield "### Repeat it"
    commit = f"At commit {escape(section.commit)}, after" if section.commit else "After"
    yield f"{commit} `make setup`:"
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", section.repeat)), 3)
    yield f"{fence}\n{section.repeat}\n{fence}"


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return _list(f"{escape(name)}: {escape(value)}" for name, value in pairs)


def _table(table: Table) -> str:
    side = "---:" if table.numeric else ":---"
    rows = [
        [_cell(text, (at, column) in table.strong) for column, text in enumerate(row)]
        for at, row in enumerate(table.rows)
    ]
    lines = [[escape(column) for column in table.columns], [side] * len(table.columns), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str, strong: bool) -> str:
    escaped = "<br>".join(map(escape, text.split("\n")))
    return f"**{escaped}**" if strong else escaped

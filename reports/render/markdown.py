"""The report as Markdown with its figures beside it; no text of a record becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from reports.chapters.method import NOTHING_WRONG
from reports.content import Content
from reports.document import Chapter, Part, Table, shown
from reports.findings.finding import Finding
from reports.isolation import Attempts
from reports.render.charts import Chart

FIGURES = "figures"
"""Folder of the figures, from the report's."""


def render(
    content: Content,
    charts: Mapping[str, tuple[Chart, ...]],
    attempts: Attempts | None = None,
) -> str:
    """The text. `charts` are those of each part, by its key. A chapter that cannot be drawn says
    so in its place."""
    attempts = attempts or Attempts()
    blocks = [f"# {escape(content.title)}", escape(content.summary)]
    blocks += ["## Before you trust these numbers", *_findings(content)]
    for chapter in shown(content.chapters):
        blocks += [f"## {escape(chapter.title)}"]
        blocks += attempts.of(
            f"This chapter ({chapter.title})", partial(_chapter, chapter, charts), _lost
        )
    return "\n\n".join(blocks) + "\n"


def _lost(sentence: str) -> list[str]:
    return [escape(sentence)]


def told(sentence: str) -> str:
    """A text that only says why there is no other."""
    return f"# Metalbench report\n\n{escape(sentence)}\n"


_WORD = r"(?:[0-9]+(?:\.[0-9]+)?[A-Za-zµ%]*|[A-Za-zµ%][A-Za-z0-9µ%]*)"
_TAME = re.compile(rf"{_WORD}(?:[ \u00a0/]{_WORD})*")
"""Most cells of a table: words and numbers that no rule below would change."""


def escape(text: str) -> str:
    """The text as Markdown that shows it and does nothing else.

    Entities where a backslash would not stop a link; underscores inside words mean nothing.
    """
    if _TAME.fullmatch(text):
        return text
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
    own = [finding for finding in content.findings if not finding.published]
    quoted = [finding for finding in content.findings if finding.published]
    if own:
        yield _list(map(_finding, own))
    elif content.sections:
        yield NOTHING_WRONG
    if quoted:
        if content.sections:
            yield "In figures published elsewhere:"
        yield _list(map(_finding, quoted))
    if content.omissions:
        yield "Left out on purpose:"
        yield _list(
            f"{escape(omission.reason)} ({escape('; '.join(omission.what))})"
            for omission in content.omissions
        )


def _finding(finding: Finding) -> str:
    parts = (finding.what, f"Where: {finding.where}", finding.action)
    return f"**{escape(finding.severity)}**: " + "<br>\n  ".join(map(escape, filter(None, parts)))


def _chapter(chapter: Chapter, charts: Mapping[str, tuple[Chart, ...]]) -> list[str]:
    """What stands under the chapter's title."""
    said = chapter.lead if chapter.parts else chapter.absent
    blocks = [escape(said)] if said else []
    for part in chapter.parts:
        blocks += _part(part, charts.get(part.key, ()), prose=chapter.key == "method")
    return blocks


def _part(part: Part, charts: Sequence[Chart], prose: bool) -> Iterator[str]:
    yield from _words(part, prose)
    if part.code:
        fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", part.code)), 3)
        yield f"{fence}\n{part.code}\n{fence}"
    if part.pairs:
        yield _pairs(part.pairs)
    if part.table:
        yield _table(part.table)
    for chart in charts:
        yield f"![{escape(chart.title)}]({FIGURES}/{chart.key}.svg)"
    yield from _unfolded(part)
    if part.notes:
        yield "\n".join(f"{n}. {escape(note)}" for n, note in enumerate(part.notes, start=1))


def _words(part: Part, prose: bool) -> Iterator[str]:
    if part.title:
        yield f"{'#' * part.level} {escape(part.title)}"
    if part.where:
        yield escape(part.where)
    if prose or len(part.text) == 1:
        yield from (escape(words) for words in part.text)
    elif part.text:
        yield _list(map(escape, part.text))


def _unfolded(part: Part) -> Iterator[str]:
    if part.data or part.hidden_pairs:
        yield f"{escape(part.unfold)}:"
    if part.data:
        yield _table(part.data)
    if part.hidden_pairs:
        yield _pairs(part.hidden_pairs)


def _list(items: Iterable[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _pairs(pairs: Iterable[tuple[str, str]]) -> str:
    return _list(f"**{escape(name)}**: {escape(value)}" for name, value in pairs)


def _table(table: Table) -> str:
    side = "---:" if table.numeric else ":---"
    rows = [
        [_cell(text, (at, column) in table.strong) for column, text in enumerate(row)]
        for at, row in enumerate(table.rows)
    ]
    heads = [_cell(column, strong=False) for column in table.columns]
    lines = [heads, [":---", *[side] * (len(heads) - 1)], *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _cell(text: str, strong: bool) -> str:
    escaped = "<br>".join(map(escape, text.split("\n")))
    return f"**{escaped}**" if strong else escaped

"""The report as Markdown with its figures beside it; no text of a record becomes markup."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial

from reports.chapters.method import NOTHING_WRONG
from reports.content import Content
from reports.document import Chapter, Part, Table, shown
from reports.findings.grouped import FindingGroup, grouped
from reports.isolation import Attempts
from reports.render import markdown_front
from reports.render.charts import Chart
from reports.render.markdown_text import escape

FIGURES = "figures"
"""Folder of the figures, from the report's."""

TABLES = "report-tables.md"
"""Beside it: a code host shows texts up to some 60 kB."""

_LONG = 20
"""Rows of a table that stands there."""

_MOST_RUNS = 12
"""Other runs whose headline is quoted."""


def render(
    content: Content,
    charts: Mapping[str, tuple[Chart, ...]],
    attempts: Attempts | None = None,
) -> str:
    """The text. `charts` are those of each part, by its key. A chapter that cannot be drawn says
    so in its place."""
    attempts = attempts or Attempts()
    blocks = list(filter(None, _top(content, attempts)))
    blocks += ["## Before you trust these numbers", *_findings(content)]
    for chapter in shown(content.chapters):
        blocks += [f"## {escape(chapter.title)}"]
        blocks += attempts.of(
            f"This chapter ({chapter.title})", partial(_chapter, chapter, charts), _lost
        )
    return "\n\n".join(blocks) + "\n"


def tables(content: Content) -> str:
    """What is too long for the text, or folded away in a page, under the title of its part."""
    blocks = [f"# {escape(content.title)}: tables"]
    for chapter in shown(content.chapters):
        for part in chapter.parts:
            every = (part.table, part.data)
            long = [table for at, table in enumerate(every) if table and _apart(table, at == 1)]
            apart = [*map(_table, long), *([_pairs(part.hidden_pairs)] * bool(part.hidden_pairs))]
            if apart:
                blocks += [f"## {_anchored(part, chapter)}", *apart]
    return "\n\n".join(blocks) + "\n"


def _top(content: Content, attempts: Attempts) -> Iterator[str]:
    """The answer: of several runs each one's headline too."""
    if not content.fronts:
        yield from (f"# {escape(content.title)}", escape(content.summary))
        return
    first, *others = content.fronts
    yield f"# {escape(first.headline)}"
    yield from attempts.of(
        "This part of the first screen", lambda: list(markdown_front.blocks(first)), _lost
    )
    if content.fleet:
        yield from ("## Where does it stand?", escape(content.fleet.sentence))
    if others:
        named = [f"**{escape(each.section.machine_label)}**" for each in others[:_MOST_RUNS]]
        said = [escape(each.headline) for each in others[:_MOST_RUNS]]
        lines = [f"{name}: {words}" for name, words in zip(named, said, strict=True)]
        left = len(others) - _MOST_RUNS
        yield from ("## Other runs", _list([*lines, *([f"and {left} more"] if left > 0 else [])]))
    yield escape(content.summary)


def _lost(sentence: str) -> list[str]:
    return [escape(sentence)]


def told(sentence: str) -> str:
    """A text that only says why there is no other."""
    return f"# Metalbench report\n\n{escape(sentence)}\n"


def _findings(content: Content) -> Iterator[str]:
    own = [finding for finding in content.findings if not finding.published]
    quoted = [finding for finding in content.findings if finding.published]
    if own:
        yield _list(map(_group, grouped(own)))
    elif content.sections:
        yield NOTHING_WRONG
    if quoted:
        if content.sections:
            yield "In figures published elsewhere:"
        yield _list(map(_group, grouped(quoted)))
    if content.omissions:
        yield "Left out on purpose:"
        yield _list(
            f"{escape(omission.reason)} ({escape('; '.join(omission.what))})"
            for omission in content.omissions
        )


def _group(group: FindingGroup) -> str:
    said = [part for one in group.findings for part in (one.what, f"Where: {one.where}")]
    lines = [*map(escape, (*said, *group.actions)), *map(_code, group.commands)]
    return f"**{escape(group.severity)}**: " + "<br>\n  ".join(lines)


def _code(text: str) -> str:
    """Between more backticks than stand together in it."""
    ticks = "`" * (1 + max(map(len, re.findall("`+", text)), default=0))
    return f"{ticks} {text} {ticks}" if "`" in text else f"{ticks}{text}{ticks}"


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
    yield from _shown(part, part.table, folded=False)
    for chart in charts:
        yield f"![{escape(chart.title)}]({FIGURES}/{chart.key}.svg)"
    yield from _unfolded(part)
    if part.notes:
        yield "\n".join(f"{n}. {escape(note)}" for n, note in enumerate(part.notes, start=1))


def _apart(table: Table, folded: bool) -> bool:
    """Whether a table stands in a file of its own: what a page folds away, or what is long."""
    return folded or len(table.rows) > _LONG


def _anchored(part: Part, chapter: Chapter) -> str:
    return f'<a id="{part.key}"></a>{escape(part.title or chapter.title)}'


def _shown(part: Part, table: Table | None, folded: bool) -> Iterator[str]:
    """The table, or where it stands."""
    if table and _apart(table, folded):
        words = escape(part.unfold or f"All {len(table.rows)} rows")
        yield f"[{words}]({TABLES}#{part.key})"
    elif table:
        yield _table(table)


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
    yield from _shown(part, part.data, folded=True)
    if part.hidden_pairs and not part.data:
        yield f"[{escape(part.unfold)}]({TABLES}#{part.key})"


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

"""What the files of a report must not hold, whoever wrote the records: markup, links, formulas."""

from __future__ import annotations

import csv
import io
import json
import re
import unicodedata
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

FORBIDDEN = frozenset(("img", "iframe", "object", "embed", "base", "form", "input", "blink"))
"""Elements that no page of ours has."""

SVG = frozenset(
    (
        *("svg", "title", "desc", "defs", "g", "path", "use", "text", "tspan", "style"),
        *("rect", "clipPath", "circle"),
    )
)
HARMLESS = re.compile(
    r"#|data:,$|data:(text/markdown|image/png|text/csv|application/json)(;charset=utf-8)?;base64,"
    r"|(summary|cells|card)\.(md|csv|json|png)$"
)
"""Where the links of a page of ours lead: into it, and to the files it hands out."""

OWN_LINKS = re.compile(
    r"\[(?:All|Show all|Figures|Every|Packages, environment)[a-z0-9:, ]*\]"
    r"\(report-tables\.md#[a-z0-9-]+\)"
    r"|<a id=\"[a-z0-9-]+\"></a>"
)
"""Of a report in Markdown: from its tables to all of their columns and rows, in words of ours."""

COMMAND = re.compile(
    r"^ *(`+)(?!`) ?(?:make bench|\./metalbench) (?:(?!\1).)*\1(?:<br>)?$", re.MULTILINE
)
"""A command of ours alone on its line, as code: whatever it names cannot end it."""

FORMULA = re.compile(r"\s*[=+\-@\uff0b\uff0d\uff1d\uff20]|[\t\r\n]")
"""How a cell begins that a spreadsheet may take for a formula."""


def found(folder: Path, cells: int | None = None) -> Iterator[str]:
    """Everything wrong with the files of a report; `cells` are the rows its table should have."""
    for path in sorted(folder.rglob("*")):
        if path.suffix in _LOOK and path.is_file():
            text = path.read_bytes().decode()
            yield from (f"{path.name}: {what}" for what in _LOOK[path.suffix](text))
            if path.suffix == ".csv" and cells is not None:
                rows = len(text.splitlines()) - 1
                if rows != cells:
                    yield f"{path.name}: {rows} lines for {cells} cells"


class _Page(HTMLParser):
    """Elements and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(name, value or "") for name, value in attrs]


def page(text: str) -> Iterator[str]:
    """Of HTML."""
    seen = _Page(text)
    if wrong := FORBIDDEN & set(seen.tags):
        yield f"has elements {sorted(wrong)}"
    if seen.tags.count("script") > 1:
        yield "has another script"
    yield from _attributes(seen.attributes)
    yield from _steering(text)


def svg(text: str) -> Iterator[str]:
    """Of a figure."""
    try:
        elements = list(ElementTree.fromstring(text.encode()).iter())
    except ElementTree.ParseError as error:
        yield f"is no XML: {error}"
        return
    if wrong := {each.tag.rpartition("}")[2] for each in elements} - SVG:
        yield f"has elements {sorted(wrong)}"
    pairs = [(name, value) for each in elements for name, value in each.attrib.items()]
    yield from _attributes(pairs)
    yield from _steering(text)


def _attributes(pairs: list[tuple[str, str]]) -> Iterator[str]:
    for name, value in pairs:
        short = name.rpartition("}")[2].rpartition(":")[2]
        if short.startswith("on"):
            yield f"has an attribute {name}"
        if short in ("href", "src") and not HARMLESS.match(value):
            yield f"leads to {value[:80]!r}"


def markdown(text: str) -> Iterator[str]:
    """Of Markdown: outside code nothing but our own marks."""
    bare, fence = [], ""
    for line in text.split("\n"):
        if (ticks := re.match("`{3,}", line)) and (not fence or line == fence):
            fence = "" if fence else ticks[0]
        elif not fence:
            bare.append(line)
    prose = re.sub(r"!\[(\\.|[^\]\\])*\]\(figures/[a-z0-9-]+\.svg\)", "", "\n".join(bare))
    prose = (
        OWN_LINKS.sub("", COMMAND.sub("", prose)).replace("<br>", "").replace("`make setup`", "")
    )
    if loose := re.search(r"(?<!\\)(?:\\\\)*[<`\[\]~$]", prose):
        yield f"has markup: {prose[max(0, loose.start() - 30) : loose.end() + 30]!r}"
    if "://" in prose:
        yield "has a link"
    yield from _steering(text)


def table(text: str) -> Iterator[str]:
    """Of CSV: a line a row, as many cells in each, no formula."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    if len({len(row) for row in rows}) > 1:
        yield "has rows of several lengths"
    if len(rows) != len(text.splitlines()):
        yield f"has {len(text.splitlines())} lines for {len(rows)} rows"
    for cell in (cell for row in rows for cell in row):
        if FORMULA.match(cell) and not _number(cell):
            yield f"has a formula: {cell[:60]!r}"


def _number(cell: str) -> bool:
    return re.fullmatch(r"[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?|-?inf", cell) is not None


def report_json(text: str) -> Iterator[str]:
    """Of JSON: strict, and in ASCII."""

    def refuse(token: str) -> None:
        raise ValueError(f"has {token}")

    try:
        json.loads(text, parse_constant=refuse)
    except ValueError as error:
        yield str(error)
    if not text.isascii():
        yield "is not ASCII"


def terminal(text: str) -> Iterator[str]:
    """Of what is printed without colours."""
    yield from _steering(text)


def _steering(text: str) -> Iterator[str]:
    """Characters that move a cursor or turn text round."""
    bad = {c for c in set(text) - set("\n\u200d") if unicodedata.category(c) in ("Cc", "Cf", "Cs")}
    if bad:
        yield f"has characters {sorted(map(ascii, bad))}"


_LOOK = {
    ".html": page,
    ".svg": svg,
    ".md": markdown,
    ".csv": table,
    ".json": report_json,
    ".txt": terminal,
}

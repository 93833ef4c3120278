"""Lines of a text as people paste it: without quotation, prompts' colours, fences and marks."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_LINES = 20_000
MOST_COLUMNS = 1000
"""Of a line, how much is read; JSON in one line is taken from the whole text."""

MOST_BLANKS = 60
"""In a row: deeper than anything is indented, and few enough for a search from each of them."""

_BLANKS = re.compile(rf"\s{{{MOST_BLANKS},}}")
_COLOURS = re.compile(r"\x1b(?:\[[0-9;?]{0,32}[ -/]{0,4}[@-~]|[()][A-Z0-9]|[=>])")
_QUOTED = re.compile(r"^(?:\s{0,3}>\s?){1,8}")
_TREE = re.compile(r"^[\s|]{1,200}(?=[\"{}+])")
"""What ioreg draws before a key."""
_QUESTION = re.compile(r"#{1,6}\s+([^\s#].{0,80}?)[:?]?\s*$")
_BULLET = re.compile(r"^(\s{0,40})(?:[-*+•]|[0-9]{1,2}[.)])\s+(?=\S)")


def clean(text: str) -> str:
    """The text line by line, with its indentation; of each line the marks are left out."""
    lines = _COLOURS.sub("", text).splitlines()[:MOST_LINES]
    return "\n".join(_answered([_cleaned(line) for line in lines]))


def _answered(lines: list[str]) -> Iterator[str]:
    """The lines; the answer that a form has below its question also beside it. Of empty lines in
    a row one is left."""
    question, before = "", ""
    for line in lines:
        if not line and not before:
            continue
        before = line
        head = _QUESTION.match(line)
        if head:
            question = head[1]
        elif line.strip():
            if question:
                yield f"{question}: {line.strip()}"
            question = ""
        yield line


def columns(line: str) -> str:
    """A table's row of Markdown without its bars: `torch  2.2.2` of `| torch | 2.2.2 |`."""
    return re.sub(r"\s*\|\s*", "  ", line).strip()


def _cleaned(line: str) -> str:
    line = _QUOTED.sub("", line.expandtabs(4).replace("\u00a0", " "))
    if line.lstrip().startswith(("```", "~~~")):
        return ""
    if not line.isprintable():
        line = "".join(one for one in line if one.isprintable())
    line = _BLANKS.sub(" " * MOST_BLANKS, line)
    kept = _TREE.sub("    ", line).replace("**", "").replace("`", "")
    return _BULLET.sub(r"\1", kept).rstrip()

"""A table as an element of a page: names escaped, figures that the page's script can sort by."""

from __future__ import annotations

from markupsafe import Markup, escape

from reports.document import Table
from reports.formatting import Figure

_BEST = ' class="best"'


def element(table: Table) -> Markup:
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

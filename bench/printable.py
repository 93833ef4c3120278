"""What is shown in a terminal: text alone. What others named cannot steer it, whoever prints it."""

from __future__ import annotations

import sys
from collections.abc import Iterable

from rich.console import Console, ConsoleOptions, RenderableType
from rich.segment import Segment

_LAYOUT = "\n\t\u200d\u00a0\u2007\u2009\u202f"
"""Ends of lines, spaces of several widths, and what joins one emoji to the next."""


def printable(text: str, kept: str = "") -> str:
    """The text; what steers a terminal or turns text round is a question mark, but `kept`."""
    if text.isprintable():
        return text  # nearly all of it
    return "".join(c if c.isprintable() or c in kept else "?" for c in text)


def tell(line: str) -> None:
    """A line on standard error."""
    sys.stderr.write(f"{printable(line, _LAYOUT)}\n")


def counted(count: int, what: str) -> str:
    """`1 run`, `2 runs`."""
    return f"{count} {what}{'s' * (count != 1)}"


class Screen(Console):
    """A console whose colours are ours and whose text is only text."""

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        for segment in super().render(renderable, options):
            if segment.control:
                yield segment
            else:
                yield segment._replace(text=printable(segment.text, _LAYOUT))

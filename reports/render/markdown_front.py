"""A run's first screens as Markdown: cards as a list, bars and squares as tables."""

from __future__ import annotations

from collections.abc import Iterator

from reports.front.front import Front
from reports.front.places import Bar
from reports.render.markdown_text import escape


def blocks(front: Front) -> Iterator[str]:
    """What stands under the headline, in the page's order."""
    yield escape(", ".join(front.facts))
    yield cards(front)
    yield bars(front, len(front.bars))
    if front.heat:
        yield "## Every workload"
        yield "Times as long as the fastest, typically, over the sizes of each workload."
        yield _heat(front)


def cards(front: Front) -> str:
    """A line for each question."""
    return "\n".join(
        f"- **{escape(card.question)}** {escape(card.answer)}." for card in front.cards
    )


def bars(front: Front, most: int) -> str:
    """The contenders, at most so many; nothing of one alone."""
    if len(front.bars) < 2:
        return ""
    rows = "\n".join(
        f"| {_named(bar)} | {bar.fastest} | {bar.within} | {bar.run} |" for bar in front.bars[:most]
    )
    left = len(front.bars) - most
    also = f"\n\nand {left} more contenders" if left > 0 else ""
    return f"| | fastest | within 2x | of |\n| :--- | ---: | ---: | ---: |\n{rows}{also}"


def _heat(front: Front) -> str:
    heads = ["work", "sizes", *map(_named, front.bars)]
    lines = [heads, [":---", ":---", *["---:"] * len(front.bars)]]
    for row in front.heat:
        cells = [f"**{cell.typical}**" if cell.best else str(cell.typical) for cell in row.cells]
        lines.append([escape(row.work), escape(row.sizes), *cells])
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def _named(bar: Bar) -> str:
    return escape(bar.label) + (" (answers only)" if bar.answers_only else "")

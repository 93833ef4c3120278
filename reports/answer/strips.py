"""Every contender's cases as a strip of blocks: first, close, within twice, slower, wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from reports.front.places import Bar, Place

BLOCKS: Mapping[Place, str] = {
    "fastest": "■",
    "close": "▓",
    "twice": "▒",
    "slower": "·",
    "far": "·",
    "alone": "-",
    "unsteady": "~",
    "untimed": "?",
    "bad": "x",
}
"""In the order of a strip; what was not run has no block."""

_LEGEND = {
    "■": "■ fastest",
    "▓": "▓ 10 %",
    "▒": "▒ 2x",
    "·": "· slower",
    "-": "- alone",
    "~": "~ unsteady",
    "?": "? untimed",
    "x": "x wrong",
}
_SELF_EVIDENT = ("·", "-", "▓", "▒", "■", "~", "?", "x")
"""Blocks by how little is lost without their words, where there is no room for all."""

FOOTNOTE = "* MLX on Linux: answers only"

_WIDEST_LABEL = 24


def table(bars: Sequence[Bar], width: int, most: int) -> Iterator[str]:
    """A header and at most `most` rows; nothing where there are no two contenders."""
    every = [bar for bar in bars if bar.run]
    if len(every) < 2:
        return
    shown = every if len(every) <= most else every[: most - 1]
    names = [bar.label + " *" * bar.answers_only for bar in shown]
    label_width = min(max(10, *map(len, names)), _WIDEST_LABEL)
    columns = label_width + 2
    head = f"{'':<{columns}}fastest  within 2x   of   "
    yield f"{head}{_legend(shown, width - len(head))}".rstrip()[:width]
    room = max(width - columns - 27, 1)
    longest = max(bar.run for bar in shown)
    for bar, name in zip(shown, names, strict=True):
        name = name if len(name) <= label_width else f"{name[: label_width - 1]}…"
        drawn = strip(bar.counts, min(1.0, room / longest))
        row = f"  {name:<{label_width}}{bar.fastest:>7}{bar.within:>11}{bar.run:>5}   {drawn}"
        yield row[:width].rstrip()
    if len(shown) < len(every):
        yield f"  and {len(every) - len(shown)} more, in the report"


def strip(counts: Mapping[Place, int], scale: float) -> str:
    """A block for each case, or for several; none that there are is left out."""
    there = {place: counts.get(place, 0) for place in BLOCKS}
    lengths = {place: max(round(count * scale), bool(count)) for place, count in there.items()}
    return "".join(block * lengths[place] for place, block in BLOCKS.items())


def _legend(shown: Sequence[Bar], room: int) -> str:
    """Of the blocks that are there, as many as fit."""
    there = {BLOCKS[place] for bar in shown for place in bar.counts if place in BLOCKS}
    words = {block: said for block, said in _LEGEND.items() if block in there}
    for block in _SELF_EVIDENT:
        if len("  ".join(words.values())) <= room:
            break
        words.pop(block, None)
    return "  ".join(words.values())

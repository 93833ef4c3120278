"""One colour and marker for each framework in every figure; lines tell its contenders apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from bench.contenders.for_reports import COLOURS
from reports.document import Series

OTHERS = (("#3D93CC", "P"), ("#8C8C8C", "X"))
"""For adapters from outside, in the order of their names."""

INK = "#102030"
"""Stands for the text colour of whatever page the figure is shown on; also for no framework."""

LINES = ("-", "--", ":", "-.")
"""Contenders of one framework share its colour and differ in these."""

PLACE_COLOURS = {
    "fastest": ("#0b6e4f", "#0b6e4f"),
    "close": ("#5aab86", "#5aab86"),
    "twice": ("#c9e6d4", "#c9e6d4"),
    "slower": ("#f4c892", "#f4c892"),
    "far": ("#d9722b", "#d9722b"),
    "alone": ("#cfd8e3", "#cfd8e3"),
    "unsteady": ("#f4c892", "#b0651c"),
    "untimed": ("#ffffff", "#8a5a00"),
    "bad": ("#ffffff", "#b3261e"),
    "absent": ("#ffffff", "#8b949d"),
}
"""Face and edge of each place of a contender in a case (`front.places`)."""

_MARKERS = ("o", "s", "^", "D", "v")


@dataclass(frozen=True)
class Style:
    """How one series is drawn."""

    colour: str
    marker: str
    """Empty for a line without any."""
    line: str
    """Empty for a cloud of points."""
    filled: bool


def styles(series: Sequence[Series]) -> tuple[Style, ...]:
    """A style for each series of a plot."""
    strangers = sorted({each.framework for each in series if each.framework} - set(COLOURS))
    seen: Counter[str] = Counter()
    found = []
    for each in series:
        number = seen[each.framework]
        seen[each.framework] += 1
        if each.framework in COLOURS:
            colour, marker = COLOURS[each.framework]
        elif each.framework:
            colour, marker = OTHERS[strangers.index(each.framework) % len(OTHERS)]
        else:
            colour, marker = INK, "o"
        if number:
            marker = _MARKERS[(_MARKERS.index(marker) + number) % 5 if marker in _MARKERS else 0]
        lines = {"roof": "-", "edge": "--", "dots": ""}
        line = lines.get(each.shape, LINES[number % len(LINES)])
        bare = each.shape in ("roof", "edge")
        found.append(Style(colour, "" if bare else marker, line, filled=not number))
    return tuple(found)

"""What a report is made of, for every renderer: chapters of parts with words, tables and plots.

All text is plain: cleaned of control characters, not yet escaped for any format.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal

Unit = Literal["count", "seconds", "gflops", "intensity", "speedup", "share", "plain", "rate"]
Shape = Literal["line", "dots", "roof", "edge"]


@dataclass(frozen=True)
class Table:
    """Rows of text. The first column names the row; the others hold figures if `numeric`."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numeric: bool = True
    strong: frozenset[tuple[int, int]] = frozenset()
    """Row and column of the cells to stress."""
    kind: Literal["", "details", "machines"] = ""
    """What a page may do with it besides showing it."""


@dataclass(frozen=True)
class Series:
    """One line, or one cloud of points, of a plot."""

    label: str
    framework: str
    """Decides the colour; empty for what belongs to no framework."""
    points: tuple[tuple[float, float], ...]
    """x and y; NaN in y leaves a gap."""
    band: tuple[tuple[float, float], ...] = ()
    """Low and high of each point."""
    shape: Shape = "line"


@dataclass(frozen=True)
class Mark:
    """A place on the x axis, with the interval around it."""

    at: float
    low: float | None
    high: float | None
    label: str = ""
    """What stands beside it; the place itself where it is empty."""


@dataclass(frozen=True)
class Plot:
    """What a figure shows; logarithmic axes unless said otherwise."""

    title: str
    heading: str
    """Short, above the y axis, with the direction that is better."""
    x_label: str
    series: tuple[Series, ...]
    x_unit: Unit = "count"
    y_unit: Unit = "seconds"
    x_log: bool = True
    y_log: bool = True
    x_ticks: tuple[float, ...] = ()
    """Where they are known; else the axis chooses."""
    x_names: tuple[str, ...] = ()
    """Words for the ticks, where x counts them from 0."""
    level: float | None = None
    """A horizontal line that divides good from bad."""
    marks: tuple[Mark, ...] = ()
    labelled: bool = False
    """Whether lines have their names at their right ends, where there is room for these."""
    description: str = ""


@dataclass(frozen=True)
class Part:
    """A piece of a chapter, with what it has of these in this order."""

    key: str
    """Unique in a report; letters, digits and hyphens."""
    title: str
    text: tuple[str, ...] = ()
    level: int = 3
    where: str = ""
    """A line under the title."""
    pairs: tuple[tuple[str, str], ...] = ()
    table: Table | None = None
    plots: tuple[Plot, ...] = ()
    data: Table | None = None
    """Figures behind a fold."""
    unfold: str = ""
    """Words to unfold the data by."""
    hidden_pairs: tuple[tuple[str, str], ...] = ()
    """More pairs, behind the same fold."""
    notes: tuple[str, ...] = ()
    """Numbered from 1."""
    code: str = ""


def placed(table: Table, unfold: str) -> dict[str, Any]:
    """Fields of a part for a table that is folded under these words, or lies open if empty."""
    return {"data": table, "unfold": unfold} if unfold else {"table": table}


@dataclass(frozen=True)
class Chapter:
    """One question and its answer."""

    key: str
    title: str
    lead: str
    parts: tuple[Part, ...]
    short: str = ""
    """Of the title, for a list of chapters."""
    answer: str = ""
    """What it comes to, beside its title: a closed fold still tells."""
    absent: str = ""
    """What to say when there are no parts; a chapter that says nothing then is left out."""


def shown(chapters: tuple[Chapter, ...]) -> Iterator[Chapter]:
    """The chapters that say something."""
    return (chapter for chapter in chapters if chapter.parts or chapter.absent)

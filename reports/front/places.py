"""Where every contender stands in every case, from fastest to not run: for bars and strips."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from reports import formatting
from reports.analysis import suite_leaders
from reports.analysis.ranking import Group, Ranking, Row
from reports.context import Section
from reports.formatting import Figure
from reports.frame import FAULTS, STATUSES
from reports.front import headline
from reports.front.tally import Tally

Place = Literal[
    "fastest", "close", "twice", "slower", "far", "alone", "unsteady", "untimed", "bad", "absent"
]

PLACES: Mapping[Place, str] = {
    "fastest": "fastest",
    "close": "within 10 %",
    "twice": "within 2x",
    "slower": "2x to 10x slower",
    "far": "over 10x slower",
    "alone": "nobody to compare",
    "unsteady": "too unsteady to rank",
    "untimed": "untimed",
    "bad": "wrong or failed",
    "absent": "not run",
}
"""Each place, best first, and the words of its legend."""

TWICE, FAR = 2.0, 10.0


@dataclass(frozen=True)
class Square:
    """One contender at one size."""

    place: Place
    size: str
    words: str
    """`43.4 ms, 1.05x slower`"""


@dataclass(frozen=True)
class HeatCell:
    """One contender at one workload."""

    squares: tuple[Square, ...]
    typical: Figure
    """Times as long as the fastest: geometric mean over the sizes it has; absent without any."""
    best: bool
    """Whether nobody has less, at all sizes."""


@dataclass(frozen=True)
class HeatRow:
    """One workload in one precision."""

    work: str
    sizes: str
    """`n 64 to 2048`"""
    cells: tuple[HeatCell, ...]
    """In the order of the bars."""


@dataclass(frozen=True)
class Bar:
    """One contender over all cases of a run."""

    label: str
    framework: str
    counts: Mapping[Place, int]
    """Every place that it has somewhere, in the order of PLACES."""
    answers_only: bool
    """Whether its speed says nothing: a build without fast products."""

    @property
    def fastest(self) -> int:
        """Cases in which it is the first, or near it and not shown slower."""
        return self.counts.get("fastest", 0)

    @property
    def within(self) -> int:
        """Cases in which it takes at most twice as long as the first."""
        return sum(self.counts.get(place, 0) for place in ("fastest", "close", "twice"))

    @property
    def run(self) -> int:
        """Cases that it ran, rightly or not."""
        return sum(self.counts.values()) - self.counts.get("absent", 0)


def bars(section: Section, tally: Tally) -> tuple[Bar, ...]:
    """Contenders by how often they lead, then by how often they are near."""
    counts: dict[str, Counter[Place]] = {label: Counter() for label in tally}
    frameworks: dict[str, str] = {}
    for ranking in section.rankings:
        frameworks |= {line.label: line.framework for line in ranking.lines}
        for label, mine in counts.items():
            mine.update(square.place for square in _squares(ranking, label))
    for label, statuses in tally.items():
        # Also in cases that nobody has right.
        counts[label]["untimed"] = statuses["untimed"]
        counts[label]["bad"] = sum(statuses[each] for each in FAULTS if each != "untimed")
    alone = headline.answers_only(section)
    made = [
        Bar(label, frameworks.get(label, ""), _ordered(mine), label in alone)
        for label, mine in counts.items()
        if mine.total()
    ]
    return tuple(sorted(made, key=lambda bar: (-bar.fastest, -bar.within, bar.run)))


def heat(section: Section, labels: Sequence[str]) -> tuple[HeatRow, ...]:
    """A row for each workload, a cell for each of these contenders."""
    return tuple(_row(ranking, labels) for ranking in section.rankings)


def place(row: Row, group: Group) -> Place:
    """Of a contender with right answers."""
    if row.span:
        return "unsteady"
    if len(group.rows) == 1:
        return "alone"
    if row.label in headline.level(group):
        return "fastest"
    return near(row.ratio.value, behind=True) if row.ratio else "close"


def near(ratio: float, *, behind: bool = False) -> Place:
    """Of something that takes `ratio` times as long as the fastest; one that is `behind` it in any
    case is not the fastest, however near."""
    limits: Mapping[Place, float] = {
        "fastest": 0.0 if behind else 1.0,
        "close": headline.CLOSE,
        "twice": TWICE,
        "slower": FAR,
    }
    return next((name for name, limit in limits.items() if ratio <= limit), "far")


def _ordered(counts: Counter[Place]) -> Mapping[Place, int]:
    return {name: counts[name] for name in PLACES if counts[name]}


def _row(ranking: Ranking, labels: Sequence[str]) -> HeatRow:
    typical = {label: _typical(ranking, label) for label in labels}
    whole = [typical[label] for label in labels if _everywhere(ranking, label)]
    least = min((value for value in whole if value is not None), default=None)
    cells = []
    for label in labels:
        value = typical[label]
        text = formatting.ABSENT if value is None else f"{formatting.digits(value)}x"
        best = value is not None and value == least and _everywhere(ranking, label)
        cells.append(HeatCell(tuple(_squares(ranking, label)), Figure(text, value), best))
    return HeatRow(ranking.title, sizes(ranking), tuple(cells))


def sizes(ranking: Ranking) -> str:
    """`n 64 to 2048`"""
    found = [formatting.count(group.size) for group in ranking.groups]
    ends = found[0] if len(found) == 1 else f"{found[0]} to {found[-1]}"
    return f"{ranking.size_of} {ends}"


def _squares(ranking: Ranking, label: str) -> Iterator[Square]:
    for group in ranking.groups:
        size = formatting.count(group.size)
        row = _find(group, label)
        if row:
            time = formatting.seconds(row.cell.time_s)
            yield Square(place(row, group), size, f"{time}, {suite_leaders.words(row)}")
        else:
            why = group.missing.get(label, "not run")
            yield Square(_unplaced(why), size, why)


def _unplaced(why: str) -> Place:
    """Of one that has no time, by its status in words."""
    if why == STATUSES["untimed"]:
        return "untimed"
    return "bad" if why in FAULTS else "absent"


def _find(group: Group, label: str) -> Row | None:
    return next((row for row in group.rows if row.label == label), None)


def _typical(ranking: Ranking, label: str) -> float | None:
    contested = (group for group in ranking.groups if len(group.rows) > 1)
    rows = [row for group in contested if (row := _find(group, label)) and not row.span]
    logs = [math.log(row.ratio.value) if row.ratio else 0.0 for row in rows]
    return math.exp(sum(logs) / len(logs)) if logs else None


def _everywhere(ranking: Ranking, label: str) -> bool:
    return all((row := _find(group, label)) and not row.span for group in ranking.groups)

"""What the page's first screens need beside the content: places on axes and widths of bars."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from reports import formatting
from reports.formatting import digits
from reports.front.front import Front
from reports.front.pairs import Devices, Duel
from reports.front.places import PLACES, Bar, Place
from reports.render.log_axis import LogAxis

MOST_COLUMNS = 6
"""Of squares with a number beside them, that fit the width of the page."""

Ticks = tuple[tuple[float, str], ...]


@dataclass(frozen=True)
class Segment:
    """A piece of a bar."""

    place: Place
    count: int
    percent: float


@dataclass(frozen=True)
class Track:
    """A line between two places of a row, or a dot and its interval; in percent of the width."""

    work: str
    first: float
    second: float
    ends: tuple[float, float]
    word: str
    said: str
    title: str


@dataclass(frozen=True)
class Drawing:
    """Rows over one axis."""

    tracks: tuple[Track, ...]
    ticks: Ticks
    one: float | None = None
    """Where 1 lies, of ratios."""
    band: tuple[float, float] | None = None
    """Between where ratios count as no difference."""


def segments(bar: Bar, longest: int) -> tuple[Segment, ...]:
    """The bar's pieces; the longest bar fills the width."""
    return tuple(
        Segment(place, count, round(100 * count / longest, 2))
        for place, count in bar.counts.items()
    )


def longest(front: Front) -> int:
    """Cases of the contender that has most."""
    return max((sum(bar.counts.values()) for bar in front.bars), default=1)


def legend(front: Front) -> Mapping[Place, str]:
    """The places that are there."""
    there = {place for bar in front.bars for place in bar.counts}
    return {place: words for place, words in PLACES.items() if place in there}


def lies(front: Front) -> Literal["", "turned", "dense"]:
    """How the squares of many contenders fit a page: in rows of theirs where there are fewer
    workloads, else without the number beside them."""
    contenders = len(front.bars)
    if contenders <= MOST_COLUMNS:
        return ""
    return "turned" if len(front.heat) <= MOST_COLUMNS else "dense"


def devices(found: Devices) -> Drawing:
    """CPU and GPU of each row over an axis of time."""
    axis = LogAxis.over(value for row in found.rows for value in (row.cpu_s, row.gpu_s))
    tracks = []
    for row in found.rows:
        cpu, gpu = axis.percent(row.cpu_s), axis.percent(row.gpu_s)
        title = f"CPU {formatting.seconds(row.cpu_s)}, GPU {formatting.seconds(row.gpu_s)}"
        ends = min(cpu, gpu), max(cpu, gpu)
        tracks.append(Track(row.work, cpu, gpu, ends, row.word or "unresolved", row.said, title))
    return Drawing(tuple(tracks), axis.ticks(formatting.seconds))


def duel(found: Duel) -> Drawing:
    """The ratio of each row, with its interval, over an axis with 1 on it."""
    every = [1.0, *(value for row in found.rows for value in (row.value, *(row.ends or ())))]
    axis = LogAxis.over(every)
    tracks = []
    for row in found.rows:
        at = axis.percent(row.value)
        low, high = map(axis.percent, row.ends) if row.ends else (at, at)
        title = f"{digits(row.value)}x the time, {formatting.between(row.ends)}"
        tracks.append(Track(row.work, at, at, (low, high), row.word, row.said, title))
    return Drawing(tuple(tracks), axis.ticks(lambda value: f"{digits(value, 1)}x"), axis.percent(1))

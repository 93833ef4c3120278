"""Dots and whiskers of a comparison: a row for each case, by word and effect, over one axis."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from bench import names
from bench.statistics.estimates import Verdict
from reports.compare import words
from reports.compare.called import called
from reports.compare.comparison import Compared, Comparison
from reports.formatting import count, plain
from reports.render.front import Drawing, Ticks, Track
from reports.render.log_axis import LogAxis

HEADINGS: dict[Verdict, str] = {
    "slower": "{} is slower",
    "faster": "{} is faster",
    "unresolved": "Unresolved",
    "same": "The same",
}
"""What a reader looks for first comes first."""

OPEN = 25
"""Rows of a word that lie open; the others are folded."""

MOST = 800
"""Rows of a chart, and of the table, which keeps a page below 1.5 MB."""

_REACH = 1.5
"""Times as far as its outermost dot an axis goes for an interval's end."""

_LEAST = 1.02
"""The ratio at the ends of an axis on which all is the same."""


@dataclass(frozen=True)
class Group:
    """Cases of one word, the largest effect first."""

    word: Verdict
    heading: str
    open: Drawing
    folded: Drawing | None
    count: int


def groups(comparison: Comparison) -> Iterator[Group]:
    """The words that are given; all over the same axis, so that dots can be compared."""
    shown = ordered(comparison)[:MOST]
    axis, threshold = _axis(comparison, shown), comparison.threshold
    who = called(comparison).b
    empty = Drawing(
        (),
        _ticks(axis),
        axis.percent(1),
        (axis.percent(1 / (1 + threshold)), axis.percent(1 + threshold)),
    )
    for word, heading in HEADINGS.items():
        own = [one for one in shown if one.word(threshold) == word]
        tracks = tuple(_track(one, comparison, axis) for one in own)
        if tracks:
            rest = replace(empty, tracks=tracks[OPEN:]) if tracks[OPEN:] else None
            yield Group(
                word, heading.format(who), replace(empty, tracks=tracks[:OPEN]), rest, len(tracks)
            )


def ordered(comparison: Comparison) -> list[Compared]:
    """All cases: by word, then the largest effect first."""
    rank = list(HEADINGS).index
    return sorted(
        comparison.compared,
        key=lambda one: (rank(one.word(comparison.threshold)), -abs(math.log(one.ratio.value))),
    )


def name(one: Compared, comparison: Comparison) -> str:
    """`mlp train 64`, with the contender where there are several."""
    case = f"{plain(names.work(one.suite, one.name), 60)} {count(one.size)}"
    return ", ".join(filter(None, (case, words.short(comparison, one.pair))))


def _track(one: Compared, comparison: Comparison, axis: LogAxis) -> Track:
    a_takes, b_takes, ratio, ends, verdict = words.row(one, comparison)
    at = axis.percent(one.ratio.value)
    between = one.ratio.interval
    low, high = map(axis.percent, between) if between else (at, at)
    word = one.word(comparison.threshold)
    more = verdict.removeprefix(word).strip()
    said = f"{ratio}x {f'({ends})' if between else ''} {more}".strip()
    who = called(comparison)
    title = (
        f"{who.a} {a_takes}, {who.b} {b_takes}, {one.rounds} rounds, {one.starts} starts: {verdict}"
    )
    return Track(name(one, comparison), at, at, (low, high), word, said, title)


def _axis(comparison: Comparison, shown: Sequence[Compared]) -> LogAxis:
    """As wide on either side of 1 as that side's dots ask for; one endless interval squashes no
    other."""
    limit = max(_LEAST, (1 + comparison.threshold) ** 2)
    dots = [math.log(one.ratio.value) for one in shown]
    ends = [math.log(end) for one in shown for end in one.ratio.interval or ()]
    low, high = min(0.0, *dots), max(0.0, *dots)
    low, high = min(low * _REACH, -math.log(limit)), max(high * _REACH, math.log(limit))
    # No further than any interval goes, and as far as the dots.
    low = max(low, min((*ends, *dots, -math.log(limit))))
    high = min(high, max((*ends, *dots, math.log(limit))))
    return LogAxis(math.exp(low), math.exp(high))


def _ticks(axis: LogAxis) -> Ticks:
    """Per cent near 1; elsewhere the round values of any logarithmic axis."""
    if axis.high > 3 * axis.low:
        return axis.ticks(lambda value: f"{value:g}x")
    span = axis.high - axis.low
    step = next(step for step in _STEPS if span / step <= 5)
    first, last = math.ceil(axis.low / step), math.floor(axis.high / step)
    values = [step * number for number in range(first, last + 1)]
    return tuple((axis.percent(value), f"{round(value, 4):g}x") for value in values)


_STEPS = tuple(digit * 10.0**power for power in range(-6, 2) for digit in (1, 2, 5))

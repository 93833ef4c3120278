"""Sustained work as drawings: the pace of each slice, and below it what the machine tells."""

from __future__ import annotations

import math
from collections.abc import Sequence

from bench.contenders.for_reports import COLOURS
from reports.formatting import digits
from reports.render.drawing import Drawing, Label
from reports.render.palette import OTHERS
from reports.sustain import words
from reports.sustain.pace import BLOCK_S, Pace, Readings

MOST_DOTS = 1500
"""Of a drawing: more are thinned out evenly, and never judged by."""

_LEAST_SPAN = 10.0
"""Percent of the pace that the axis spans at least: noise of less shall not look like heat."""

_MARGIN = 0.08

_NICE = tuple(digit * 10.0**power for power in range(-3, 12) for digit in (1, 2, 5))


def draw(pace: Pace) -> Drawing:
    """The pace, with a mark where half of a drop was reached."""
    mark: tuple[Label, ...] = ()
    if pace.half_at_s is not None:
        tone = "aside" if pace.word != "slows" else ""
        at = round(100 * pace.half_at_s / pace.worked_s, 2)
        mark = (Label(min(at, 100.0), f"{words.share(pace.remains)} remains", tone),)
    return _drawn(pace.pace, pace, least_span=_LEAST_SPAN, marks=mark)


def others(pace: Pace) -> list[Drawing]:
    """Clocks, heat and power over the same time."""
    return [_drawn(each, pace, least_span=0.0) for each in pace.others]


def _drawn(told: Readings, pace: Pace, least_span: float, marks: tuple[Label, ...] = ()) -> Drawing:
    every = max(1, -(-len(told.values) // MOST_DOTS))
    at_s, values = told.at_s[::every], told.values[::every]
    low, high = _ends(values, least_span)
    xs = [round(100 * at / pace.worked_s, 2) for at in at_s]
    ys = [round(100 * (high - min(max(v, low), high)) / (high - low), 2) for v in values]
    title = f"{told.name[0].upper()}{told.name[1:]}, {told.unit}"
    first, last = (digits(each) for each in (values[0], values[-1]))
    return Drawing(
        title=title,
        colour=COLOURS.get(pace.framework, OTHERS[0])[0],
        dots="".join(f"M{x} {y}h0" for x, y in zip(xs, ys, strict=True)),
        band="",
        levels=_levels(at_s, values, pace.worked_s, low, high),
        steps=marks,
        versions=(),
        unnamed=(),
        y_ticks=_ticks(low, high),
        x_ticks=_minutes(pace.worked_s),
        description=f"{title} of {words.name(pace)} over {digits(pace.worked_s / 60)} minutes: "
        f"{first} at first, {last} at last.",
    )


def _ends(values: Sequence[float], least_span: float) -> tuple[float, float]:
    """Of the axis: all but odd values, which lie at its edge."""
    ordered = sorted(values)
    odd = len(ordered) // 50
    low, high = ordered[odd], ordered[-1 - odd]
    span = max(high - low, least_span, 1e-3 * abs(high), 1e-9)
    short = (span - (high - low)) / 2
    return low - short - _MARGIN * span, high + short + _MARGIN * span


def _levels(
    at_s: Sequence[float], values: Sequence[float], worked_s: float, low: float, high: float
) -> str:
    """A straight piece for the median of each block that was judged."""
    blocks: dict[int, list[float]] = {}
    for at, value in zip(at_s, values, strict=True):
        blocks.setdefault(int(at // BLOCK_S), []).append(value)
    path = []
    for number, mine in blocks.items():
        middle = sorted(mine)[len(mine) // 2]
        y = round(100 * (high - min(max(middle, low), high)) / (high - low), 2)
        ends = (100 * BLOCK_S * (number + n) / worked_s for n in (0, 1))
        left, right = (round(min(end, 100.0), 2) for end in ends)
        path.append(f"M{left} {y}H{right}")
    return "".join(path)


def _ticks(low: float, high: float) -> tuple[Label, ...]:
    step = next(step for step in _NICE if (high - low) / step <= 4)
    numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
    return tuple(
        Label(round(100 * (high - n * step) / (high - low), 2), f"{n * step:,.10g}")
        for n in numbers
    )


def _minutes(worked_s: float) -> tuple[Label, ...]:
    """Whole minutes, five of them at most, from 0 on."""
    step = next(step for step in (0.5, 1, 2, 5, 10, 30, 60) if worked_s / 60 / step <= 5)
    count = int(worked_s / 60 / step)
    return tuple(
        Label(round(100 * n * step * 60 / worked_s, 2), f"{n * step:g} min")
        for n in range(count + 1)
    )

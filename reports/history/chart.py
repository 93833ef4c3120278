"""A line of figures as a drawing: dots of runs, levels, steps and versions, in percent of its box.

The y axis says how much longer than at first: that is what a reader asks for.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise

from bench.contenders.for_reports import COLOURS
from reports.formatting import seconds
from reports.history import words
from reports.history.changes import Line
from reports.history.entry import Entry
from reports.history.steps import Step
from reports.render.drawing import Drawing, Label
from reports.render.palette import OTHERS

MOST_RUNS = 400
"""Of a drawing, the latest; steps are looked for in all."""

_LEAST_SPAN = 0.05
"""Of the y axis, as a share: noise of less shall not look like change."""

_ODD = 0.03
"""Share of the runs that may lie beyond the axis, and are drawn at its edge."""

_APART = 25
"""Percent of the width that two labels of steps, or of versions, keep between them."""

_MOST_VERSIONS = 5
"""That have a name in the drawing."""

_MARGIN = 0.08


def draw(line: Line, about: Step | None = None) -> Drawing:
    """The line's latest runs, and with words the step that it is about."""
    first = max(0, len(line.entries) - MOST_RUNS)
    shown = line.entries[first:]
    levels = [line.level_s(at) for at in range(first, len(line.entries))]
    base = line.level_s(0)
    axis = _Axis.over(shown, levels, base)
    across = _Across(len(shown))
    named, unnamed = _versions(shown, across)
    return Drawing(
        title=words.line(line),
        colour=COLOURS.get(line.last.framework, OTHERS[0])[0],
        dots="".join(f"M{across(n)} {axis(e.time_s)}h0" for n, e in enumerate(shown)),
        band=_band(shown, across, axis),
        levels=_levels(levels, across, axis),
        steps=_steps(line, first, across, about),
        versions=named,
        unnamed=unnamed,
        y_ticks=axis.ticks(),
        x_ticks=_dates(shown, across),
        description=_description(line),
    )


@dataclass(frozen=True)
class _Across:
    """Where a run lies, by its number."""

    count: int

    def __call__(self, number: float) -> float:
        return round(100 * (number + 0.5) / self.count, 2)


@dataclass(frozen=True)
class _Axis:
    """Logarithms of times over the first level, from low to high."""

    base_s: float
    low: float
    high: float

    @classmethod
    def over(cls, shown: Sequence[Entry], levels: Sequence[float], base_s: float) -> _Axis:
        """Around all levels, and as far as the runs go if that is not too far."""
        known = [math.log(level / base_s) for level in levels] + [0.0]
        logs = sorted(math.log(entry.time_s / base_s) for entry in shown)
        odd = math.ceil(_ODD * len(logs))
        usual = logs[odd:-odd] or logs
        low, high = min(*known, *usual), max(*known, *usual)
        short = max(0.0, _LEAST_SPAN - (high - low)) / 2
        margin = _MARGIN * max(high - low, _LEAST_SPAN)
        return cls(base_s, low - short - margin, high + short + margin)

    def __call__(self, time_s: float) -> float:
        return self.place(math.log(time_s / self.base_s))

    def place(self, log: float) -> float:
        inside = min(max(log, self.low), self.high)
        return round(100 * (self.high - inside) / (self.high - self.low), 2)

    def ticks(self) -> tuple[Label, ...]:
        low, high = math.expm1(self.low), math.expm1(self.high)
        span = high - low
        step = next(step for step in _STEPS if span / step <= 4)
        numbers = range(math.ceil(low / step), math.floor(high / step) + 1)
        return tuple(
            Label(
                self.place(math.log1p(number * step)),
                words.by(1 + number * step) if number else str(seconds(self.base_s)),
            )
            for number in numbers
            if number * step > -1
        )


_STEPS = tuple(digit * 10.0**power for power in range(-4, 12) for digit in (1, 2, 5))


def _band(shown: Sequence[Entry], across: _Across, axis: _Axis) -> str:
    """A whisker for each run with an interval."""
    return "".join(
        f"M{across(number)} {axis(entry.high_s)}V{axis(entry.low_s)}"
        for number, entry in enumerate(shown)
        if entry.low_s and entry.high_s
    )


def _levels(levels: Sequence[float], across: _Across, axis: _Axis) -> str:
    """A straight piece for each level, half a run beyond its ends."""
    path, begin = [], 0
    for number in range(1, len(levels) + 1):
        if number == len(levels) or levels[number] != levels[begin]:
            y = axis(levels[begin])
            path.append(f"M{across(begin - 0.5)} {y}H{across(number - 0.5)}")
            begin = number
    return "".join(path)


def _steps(line: Line, first: int, across: _Across, about: Step | None) -> tuple[Label, ...]:
    """All of them; with words the one it is about, or those that have room for words."""
    told: list[float] = []
    found = []
    for step in line.steps:
        if step.at > first:
            at = across(step.at - first - 0.5)
            room = step == about or (not about and all(abs(at - other) > _APART for other in told))
            told += [at] * room
            tone = "slower" if step.ratio > 1 else "faster"
            found.append(Label(at, words.by(step.ratio) if room else "", tone))
    return tuple(found)


def _versions(
    shown: Sequence[Entry], across: _Across
) -> tuple[tuple[Label, ...], tuple[float, ...]]:
    """Where the version changed: the latest with their names, the others without."""
    places = [
        (across(number - 0.5), words.name(entry.version or ""))
        for number, (before, entry) in enumerate(pairwise(shown), start=1)
        if entry.version and before.version != entry.version
    ]
    named: list[Label] = []
    unnamed = []
    for at, text in reversed(places):
        if len(named) < _MOST_VERSIONS and (not named or named[-1].at - at > _APART):
            named.append(Label(at, text[:14]))
        else:
            unnamed.append(at)
    return tuple(named), tuple(unnamed)


def _dates(shown: Sequence[Entry], across: _Across) -> tuple[Label, ...]:
    """The first, the last and one between."""
    last = len(shown) - 1
    places = sorted({0, last // 2, last} if last > 3 else {0, last})
    return tuple(Label(across(at), f"{shown[at].started_at:%Y-%m-%d}") for at in places)


def _description(line: Line) -> str:
    """For those who cannot see it."""
    told = [
        f"{words.by(step.ratio)} from the run of {words.day(line.entries[step.at].started_at)}"
        for step in line.steps
    ]
    first, last = line.level_s(0), line.level_s(len(line.entries) - 1)
    return (
        f"{words.line(line)}: {words.runs(len(line.entries))}, {seconds(first)} at first and "
        f"{seconds(last)} now; {', '.join(told) if told else 'no change'}."
    )

"""Kinds of machine beside one another: those of a family that share a GPU, or a chip."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reports.formatting import ABSENT, digits
from reports.front.places import Square, near
from reports.site.figures import Machine, Work
from reports.site.strips import called, typical

_Times = Mapping[Work, float]


@dataclass(frozen=True)
class Compared:
    """A kind of machine against the fastest kind of its family."""

    model: str
    machines: int
    squares: tuple[Square, ...]
    """One for each suite of the site; empty where it shares no work with another."""
    words: str
    said: str
    """`1.8x in 42 cases`"""
    ratio: float


def compare(models: Mapping[str, Sequence[Machine]], suites: Sequence[str]) -> list[Compared]:
    """The kinds, the typically fastest first."""
    times = {name: _times(machines) for name, machines in models.items()}
    counts = Counter(work for mine in times.values() for work in mine)
    shared = {work for work, count in counts.items() if count > 1}
    least: dict[Work, float] = {}
    for mine in times.values():
        for work in shared & mine.keys():
            least[work] = min(mine[work], least.get(work, math.inf))
    found = [
        _compared(name, len(models[name]), mine, least, suites) for name, mine in times.items()
    ]
    return sorted(found, key=lambda each: (math.isnan(each.ratio), each.ratio, each.model))


def _times(machines: Sequence[Machine]) -> dict[Work, float]:
    """Of each work the median over the machines of the fastest time of each."""
    every: dict[Work, list[float]] = {}
    for machine in machines:
        fastest: dict[Work, float] = {}
        for figure in machine.figures:
            if figure.status == "ok":
                fastest.setdefault(figure.work, figure.time_s)  # the fastest comes first
        for work, time_s in fastest.items():
            every.setdefault(work, []).append(time_s)
    return {work: statistics.median(each) for work, each in every.items()}


def _compared(
    model: str, machines: int, mine: _Times, least: _Times, suites: Sequence[str]
) -> Compared:
    ratio, cases = typical(mine, least), len(mine.keys() & least.keys())
    if not cases:
        return Compared(model, machines, (), "", ABSENT, math.nan)
    squares = tuple(_square(suite, mine, least) for suite in suites)
    words = "; ".join(f"{called(square.size)} {square.words}" for square in squares)
    said = f"{digits(ratio)}x in {cases} case{'s' * (cases != 1)}"
    return Compared(model, machines, squares, f"{model}: {words}", said, ratio)


def _square(suite: str, mine: _Times, least: _Times) -> Square:
    own = {work: time_s for work, time_s in mine.items() if work[0].partition("/")[0] == suite}
    ratio = typical(own, least)
    if math.isnan(ratio):
        return Square("absent", suite, "nothing shared")
    return Square(near(ratio), suite, "fastest" if ratio == 1 else f"{digits(ratio)}x")

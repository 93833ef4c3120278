"""How each framework stands on one machine: a square for each suite, against the fastest there."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from bench import names
from bench.contenders.for_reports import COLOURS
from reports.formatting import digits, plain
from reports.front.places import PLACES, Place, Square, near
from reports.site.figures import Figure, Machine, Work


@dataclass(frozen=True)
class Standing:
    """A framework at the cases of a suite."""

    square: Square
    ratio: float | None
    """Times as long as the machine's fastest framework: geometric mean over the cases that both
    have; None without any."""


@dataclass(frozen=True)
class Strip:
    """A framework on a machine."""

    framework: str
    standings: tuple[Standing, ...]
    """One for each suite of the site."""
    words: str
    """What the squares say."""


def suites(machines: Iterable[Machine], most: int) -> tuple[str, ...]:
    """Those that most machines have, by their names; `most` of them."""
    return _common((figure.suite for figure in machine.figures) for machine in machines)[:most]


def frameworks(machines: Iterable[Machine], most: int) -> tuple[str, ...]:
    """Those that most machines have; in the order of Metalbench's own, then of others' names."""
    common = _common((figure.framework for figure in machine.figures) for machine in machines)
    known = list(COLOURS)
    return tuple(
        sorted(
            common[:most],
            key=lambda name: (known.index(name) if name in known else len(known), name),
        )
    )


def _common(of_machines: Iterable[Iterable[str]]) -> tuple[str, ...]:
    counts = Counter[str]()
    for mine in of_machines:
        counts.update(set(mine))
    return tuple(sorted(counts, key=lambda name: (-counts[name], name)))


def of(machine: Machine, shown: Sequence[str], columns: Sequence[str]) -> dict[str, Strip]:
    """The strips of these frameworks over these suites; none of a framework that did not run."""
    by_suite: dict[str, dict[str, dict[Work, Figure]]] = {}
    for figure in machine.figures:  # of a framework's at one work the fastest comes first
        mine = by_suite.setdefault(figure.suite, {}).setdefault(figure.framework, {})
        mine.setdefault(figure.work, figure)
    found = {suite: _standings(each) for suite, each in by_suite.items()}
    nothing = {suite: Standing(Square("absent", suite, "not run"), None) for suite in shown}
    ran = {figure.framework for figure in machine.figures}
    return {
        name: _strip(name, [found.get(suite, {}).get(name, nothing[suite]) for suite in shown])
        for name in columns
        if name in ran
    }


def called(suite: str) -> str:
    """A suite's name in words that are shown often."""
    return plain(names.suite(suite), 24)


def _strip(name: str, standings: Sequence[Standing]) -> Strip:
    said = (f"{called(each.square.size)} {each.square.words}" for each in standings)
    return Strip(name, tuple(standings), f"{name}: {'; '.join(said)}")


def _standings(by_framework: Mapping[str, Mapping[Work, Figure]]) -> dict[str, Standing]:
    """How each framework of a suite stands against that which leads it."""
    times = {
        name: {work: figure.time_s for work, figure in mine.items() if figure.status == "ok"}
        for name, mine in by_framework.items()
    }
    leader = _leader(times)
    return {
        name: _standing(name, mine, times, leader, next(iter(mine.values())).suite)
        for name, mine in by_framework.items()
    }


def _leader(times: Mapping[str, Mapping[Work, float]]) -> str | None:
    """The fastest of those that have the most cases: of few cases alone nobody leads."""
    least: dict[Work, float] = {}
    for mine in times.values():
        for work, time_s in mine.items():
            least[work] = min(time_s, least.get(work, math.inf))
    most = max(map(len, times.values()))
    whole = [name for name, mine in times.items() if mine and len(mine) == most]
    return min(whole, key=lambda name: (typical(times[name], least), name), default=None)


def typical(mine: Mapping[Work, float], other: Mapping[Work, float]) -> float:
    """Times as long: geometric mean over the works that both have; NaN where there are none."""
    logs = [math.log(mine[work] / other[work]) for work in mine if work in other]
    return math.exp(sum(logs) / len(logs)) if logs else math.nan


def _standing(
    name: str,
    mine: Mapping[Work, Figure],
    times: Mapping[str, Mapping[Work, float]],
    leader: str | None,
    suite: str,
) -> Standing:
    own = times[name]
    if not own or leader is None:
        failed = Counter(figure.status for figure in mine.values())
        place: Place = "untimed" if set(failed) == {"untimed"} else "bad"
        return Standing(Square(place, suite, PLACES[place]), None)
    others = (mine for other, mine in times.items() if other != leader)
    if not any(times[leader].keys() & mine.keys() for mine in others):
        return Standing(Square("alone", suite, PLACES["alone"]), None)
    ratio = 1.0 if name == leader else typical(own, times[leader])
    if math.isnan(ratio):
        return Standing(Square("alone", suite, PLACES["alone"]), None)
    lacking = len(mine) - len(own)
    said = "fastest" if name == leader else f"{digits(ratio)}x"
    if lacking:
        said += f", {lacking} of {len(mine)} wrong or failed"
    elif len(own) < len(times[leader]):
        said += f" in {len(own)} of {len(times[leader])} cases"
    return Standing(Square(near(ratio), suite, said), ratio)

"""From which size on the GPU pays off: on one machine, and over the machines of a group."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from bench import names
from bench.statistics.estimates import Verdict
from reports import formatting
from reports.analysis import crossover
from reports.analysis.crossover import Crossing, Point
from reports.chapters.cpu_vs_gpu import sized
from reports.formatting import plain
from reports.site.figures import Figure, Machine

Work = tuple[str, str, str]
"""Suite, name and precision."""

Decided = Literal["crosses", "gpu", "cpu", "undecided"]

SAID: Mapping[str, str] = {
    "gpu": "at every size",
    "cpu": "at no size",
    "undecided": "not decided",
}
"""Where the GPU pays off."""


@dataclass(frozen=True)
class Crossed:
    """The fastest framework on the CPU against the fastest on the GPU, within one run."""

    work: Work
    words: str
    size_of: str
    sha256: str
    points: tuple[Point, ...]
    crossing: Crossing

    @property
    def kind(self) -> Decided:
        """Told only where the intervals of both devices lie apart, as everywhere in reports."""
        words = {point.word for point in self.points}
        if self.crossing.kind == "crosses" and words >= {"faster", "slower"}:
            return "crosses"
        if len(words) == 1 and words <= {"faster", "slower"}:
            return "gpu" if "faster" in words else "cpu"
        return "undecided"

    @property
    def said(self) -> str:
        """`from about n 725 on`, `at every size, n 64 to 2048`"""
        first, last = (formatting.count(self.points[at].size) for at in (0, -1))
        sizes = sized(f"{first} to {last}", self.size_of)
        if self.kind == "crosses" and self.crossing.size is not None:
            return f"from about {sized(formatting.amount(self.crossing.size), self.size_of)} on"
        return f"{SAID[self.kind]}, {sizes}"


@dataclass(frozen=True)
class Group:
    """The crossings of one work on several machines."""

    work: Work
    words: str
    size_of: str
    from_size: float | None
    """Median over the machines where it lies within the sizes measured."""
    ends: tuple[float, float] | None
    """The least and the most of these."""
    counts: Mapping[str, int]
    """Machines by kind of crossing."""


def of(machine: Machine) -> tuple[Crossed, ...]:
    """Of each work that one of its runs did at two sizes at least, on both; of several such runs
    the one with the most sizes."""
    best: dict[Work, dict[str, dict[int, dict[str, Figure]]]] = {}
    for figure in machine.figures:
        if figure.status == "ok":
            work = figure.suite, figure.name, figure.precision
            sizes = best.setdefault(work, {}).setdefault(figure.sha256, {})
            both = sizes.setdefault(figure.size, {})
            held = both.get(figure.device_kind)
            if held is None or figure.time_s < held.time_s:
                both[figure.device_kind] = figure
    found = []
    for work, runs in best.items():
        pairs = [
            [each for each in sizes.values() if {"cpu", "gpu"} <= each.keys()]
            for sizes in runs.values()
        ]
        most = max(pairs, key=len)
        if len(most) > 1:
            found.append(_crossed(work, most))
    return tuple(found)


def _crossed(work: Work, pairs: Sequence[Mapping[str, Figure]]) -> Crossed:
    points = tuple(
        sorted((_point(pair["cpu"], pair["gpu"]) for pair in pairs), key=lambda point: point.size)
    )
    first = pairs[0]["gpu"]
    suite, name, precision = work
    words = names.work(suite, name) + f", {precision}" * (precision != "float32")
    return Crossed(
        work,
        plain(words, 80),
        first.size_of or "size",
        first.sha256,
        points,
        crossover.find(points),
    )


def _point(cpu: Figure, gpu: Figure) -> Point:
    # A site keeps no rounds to draw from, so one machine's crossing has no interval here.
    ratio = math.log(gpu.time_s / cpu.time_s)
    return Point(cpu.size, cpu.time_s, gpu.time_s, ratio, draws=None, word=_word(cpu, gpu))


def _word(cpu: Figure, gpu: Figure) -> Verdict | None:
    """What the GPU is, where both intervals lie apart: unpaired, so with less power than a report
    of the run has."""
    if not (cpu.has_interval and gpu.has_interval):
        return None
    if gpu.high_s < cpu.low_s:
        return "faster"
    return "slower" if gpu.low_s > cpu.high_s else "unresolved"


def together(crossed: Iterable[Crossed]) -> tuple[Group, ...]:
    """By work, those that most machines tell of first."""
    works: dict[Work, list[Crossed]] = {}
    for each in crossed:
        works.setdefault(each.work, []).append(each)
    order = sorted(works, key=lambda work: (-len(works[work]), work))
    return tuple(_group(work, works[work]) for work in order)


def _group(work: Work, each: Sequence[Crossed]) -> Group:
    sizes = sorted(
        one.crossing.size for one in each if one.kind == "crosses" and one.crossing.size is not None
    )
    return Group(
        work,
        each[0].words,
        each[0].size_of,
        statistics.median(sizes) if sizes else None,
        (sizes[0], sizes[-1]) if sizes else None,
        Counter(one.kind for one in each),
    )


def summary(group: Group) -> str:
    """`from n = 725 on` and, on a second line, `16 machines, 400 to 1,100`: what most show."""
    count = sum(group.counts.values())
    machines = f"{count} machine{'s' * (count != 1)}"
    kind = max(group.counts, key=lambda kind: (group.counts[kind], kind == "crosses"))
    of_all = machines if group.counts[kind] == count else f"{group.counts[kind]} of {machines}"
    if kind != "crosses" or group.from_size is None or group.ends is None:
        return f"{SAID[kind]}\n{of_all}"
    least, most = (formatting.amount(end) for end in group.ends)
    spread = f", {least} to {most}" if least != most else ""
    at = sized(formatting.amount(group.from_size), group.size_of)
    return f"from {at} on\n{of_all}{spread}"

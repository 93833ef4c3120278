"""Two beside each other: CPU and GPU at each workload, or the two contenders that there are."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.statistics.estimates import Verdict
from reports import formatting
from reports.analysis import cpu_gpu_pairs
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.crossover import Point
from reports.analysis.ranking import Group, Ranking, Row
from reports.chapters.cpu_vs_gpu import sized
from reports.context import Section
from reports.frame import Results

MOST = 14
"""Rows of a figure; the rest stands in the chapter."""


@dataclass(frozen=True)
class Dumbbell:
    """One step on the CPU and on the GPU."""

    work: str
    cpu_s: float
    gpu_s: float
    speedup: float
    """How many times as fast the GPU is, by paired rounds."""
    word: Verdict | None
    said: str
    """`31x faster`, of the GPU; what is not shown has a question mark."""


@dataclass(frozen=True)
class Devices:
    """CPU against GPU, of one contender or of the best on each."""

    who: str
    rows: tuple[Dumbbell, ...]
    more: int
    """Rows left out."""

    @property
    def name(self) -> str:
        """Who, without the device."""
        return without_device(self.who)


@dataclass(frozen=True)
class Ratio:
    """The second contender against the first, in one case."""

    work: str
    value: float
    """Times as long as the first takes."""
    ends: tuple[float, float] | None
    word: Verdict
    said: str


@dataclass(frozen=True)
class Duel:
    """The only two contenders, or the only two on the GPU."""

    first: str
    second: str
    rows: tuple[Ratio, ...]
    more: int

    @property
    def intervals(self) -> bool:
        """Whether some row has one."""
        return any(row.ends for row in self.rows)


def without_device(label: str) -> str:
    """`torch` of `torch (GPU)`."""
    return label.rpartition(" (")[0] or label


def devices(contests: Sequence[Contest]) -> Devices | None:
    """Of the contests of one run; None where it had no GPU beside a CPU."""
    mine = of_one([each for each in contests if not each.published and each.points])
    rows = [_dumbbell(each, point) for each in mine for point in _of(each)]
    return Devices(mine[0].who, tuple(rows[:MOST]), len(rows[MOST:])) if rows else None


def of_one(contests: Sequence[Contest]) -> list[Contest]:
    """Those of the contender that has most of them; of the best of each where there is no other."""
    counts = Counter(each.who for each in contests if each.who != cpu_gpu_pairs.BEST)
    who = counts.most_common(1)[0][0] if counts else cpu_gpu_pairs.BEST
    return [each for each in contests if each.who == who]


def _of(contest: Contest) -> Sequence[Point]:
    """The smallest size, the largest, and the one between them."""
    points = contest.points
    return points if len(points) <= 3 else (points[0], points[len(points) // 2], points[-1])


def _dumbbell(contest: Contest, point: Point) -> Dumbbell:
    size = sized(formatting.count(point.size), contest.size_of)
    return Dumbbell(
        work=f"{contest.work}, {size}",
        cpu_s=point.cpu_s,
        gpu_s=point.gpu_s,
        speedup=math.exp(-point.log_ratio),
        word=point.word,
        said=_said(math.exp(point.log_ratio), point.word),
    )


def _said(ratio: float, word: Verdict | None) -> str:
    if word == "same":
        return "same"
    return formatting.direction(ratio) + ("" if word in ("faster", "slower") else " ?")


def duel(results: Results, section: Section) -> Duel | None:
    """Of the two contenders that were compared, on the GPU where there is one; None of others."""
    for kind in ("gpu", "cpu"):
        labels = list(dict.fromkeys(row.label for _, row in _rows(section, kind)))
        if len(labels) == 2:
            return _duel(results, section, kind, labels[0], labels[1])
        if labels:
            return None
    return None


def _rows(section: Section, kind: str) -> Iterator[tuple[tuple[Ranking, Group], Row]]:
    for ranking in section.rankings:
        for group in ranking.groups:
            for row in group.rows:
                if row.cell.device_kind == kind:
                    yield (ranking, group), row


def _duel(results: Results, section: Section, kind: str, first: str, second: str) -> Duel | None:
    cases: dict[tuple[str, str], dict[str, Row]] = {}
    names = {}
    for (ranking, group), row in _rows(section, kind):
        key = row.cell.case, ranking.precision
        cases.setdefault(key, {})[row.label] = row
        precision = "" if ranking.precision == "float32" else f" {ranking.precision}"
        names[key] = f"{ranking.work} {formatting.count(group.size)}{precision}"
    both = {key: rows for key, rows in cases.items() if len(rows) == 2}
    pairs = [(rows[second].cell.key, rows[first].cell.key) for rows in both.values()]
    made = []
    for key, ratio in zip(both, results.ratios(pairs), strict=True):
        if ratio:
            word = results.word(ratio)
            said = _said(ratio.value, word)
            made.append(Ratio(names[key], ratio.value, ratio.interval, word, said))
    return Duel(first, second, tuple(made[:MOST]), len(made[MOST:])) if made else None

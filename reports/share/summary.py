"""A report's answer for programs: `summary.json`, whose schema is docs/summary.schema.json.

What is unknown is absent. No field changes its name or meaning without a higher SCHEMA.
"""

from __future__ import annotations

import json
import math
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any, Literal

import msgspec

from bench import version
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.ranking import Group, Ranking, Row
from reports.content import Content
from reports.frame import STATUSES
from reports.front import fleet
from reports.front.front import Front

SCHEMA = 1
"""Raised with every change that a program could trip over."""

_Interval = tuple[float, float]


class _Struct(msgspec.Struct, frozen=True, omit_defaults=True):
    """A part of the summary."""


class Contender(_Struct, frozen=True, kw_only=True):
    """How one contender did over all cases."""

    label: str
    framework: str
    fastest: int
    """Cases in which it is the first, or within 10 % of it and not shown slower."""
    within_2x: int
    cases_run: int
    places: Mapping[str, int]
    """Cases by place, from `fastest` to `absent`."""


class Time(_Struct, frozen=True, kw_only=True):
    """One contender at one case."""

    label: str
    time_s: float
    interval_s: _Interval | None = None
    """95 %; absent with fewer than six rounds."""
    ratio: float | None = None
    """Times as long as the first of the case; absent for the first itself."""
    ratio_interval: _Interval | None = None
    standing: str
    """`fastest`, `leads`, `slower`, `faster`, `same`, `unresolved`, `unsteady` or `only one`."""


class Case(_Struct, frozen=True, kw_only=True):
    """One size of one workload in one precision: who leads, and everybody's time."""

    suite: str
    name: str
    case: str
    precision: str
    size: int
    size_of: str
    front: Sequence[str]
    """Labels of the first and of all that are not shown slower."""
    times: Sequence[Time]
    missing: Mapping[str, str]
    """Why others have no time here, by label."""


class Crossover(_Struct, frozen=True, kw_only=True):
    """From which size on the GPU is faster than the CPU."""

    work: str
    who: str
    size_of: str
    kind: str
    """`crosses`, `gpu`, `cpu`, `mixed` or `one size`."""
    size: float | None = None
    low: float | None = None
    high: float | None = None
    speedups: Mapping[int, float]
    """Times as fast as the CPU the GPU is, by size."""


class Run(_Struct, frozen=True, kw_only=True):
    """One run on one machine."""

    run: str
    started_at: str
    machine: str
    preset: str
    commit: str | None = None
    headline: str
    counts: Mapping[str, int]
    """Cells by how they ended: `verified`, `wrong`, ..."""
    contenders: Sequence[Contender]
    cases: Sequence[Case]
    crossovers: Sequence[Crossover]
    repeat: str
    """The command that measures it again."""


class Machine(_Struct, frozen=True, kw_only=True):
    """Where one machine stands, by its fastest contender in each case of the fleet."""

    machine: str
    family: str
    """Of its GPU, as in `NVIDIA`."""
    own: bool
    """Whether it is the reader's own."""
    rank: int
    """From 1; those as good as one another share it."""
    ratio: float | None = None
    """Times as long as the fastest machine, geometric mean over the cases it shares."""
    fastest: int
    """Cases in which it is the fastest."""
    shared: int
    """Cases that another machine has too."""
    places: Sequence[str]
    """One for each of the fleet's cases, from `fastest` to `absent`."""


class Fleet(_Struct, frozen=True, kw_only=True):
    """Several machines: the reader's own first, then those of its family, then the others."""

    headline: str
    cases: Sequence[str]
    """Names of those that two machines have."""
    machines: Sequence[Machine]
    more: int
    """Machines that are left out."""


class Summary(_Struct, frozen=True, kw_only=True):
    """A report's answer."""

    schema: int
    kind: Literal["summary"]
    metalbench: str
    """Version that wrote it."""
    runs: Sequence[Run]
    fleet: Fleet | None = None
    """Where machines stand; absent where no two of them share work."""
    reason: str | None = None
    """Why the exit code is 1; absent where nothing is wrong."""


def make(content: Content, reason: str) -> Summary:
    """The summary of a report; `reason` is why its exit code is 1, if it is."""
    return Summary(
        schema=SCHEMA,
        kind="summary",
        metalbench=version.version(),
        runs=list(map(_run, content.fronts)),
        fleet=_fleet(content.fleet) if content.fleet else None,
        reason=reason or None,
    )


def render(summary: Summary) -> bytes:
    """As JSON in ASCII, so that text of records cannot act on a terminal."""
    values = msgspec.to_builtins(summary, str_keys=True)
    return (json.dumps(values, indent=1, allow_nan=False) + "\n").encode("ascii")


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of the summary."""
    return msgspec.json.schema(Summary)


def _fleet(found: fleet.Fleet) -> Fleet:
    return Fleet(
        headline=found.sentence,
        cases=[square.size for square in found.rows[0].squares],
        machines=list(map(_machine, found.rows)),
        more=found.more,
    )


def _machine(row: fleet.Standing) -> Machine:
    return Machine(
        machine=row.label,
        family=row.family,
        own=row.own,
        rank=row.rank,
        ratio=_finite(row.typical),
        fastest=row.fastest,
        shared=row.shared,
        places=[square.place for square in row.squares],
    )


def _run(front: Front) -> Run:
    section = front.section
    counts = sum((Counter(statuses) for statuses in front.tally.values()), Counter[str]())
    return Run(
        run=section.run,
        started_at=section.started_at,
        machine=section.machine_label,
        preset=dict(section.settings).get("preset", ""),
        commit=section.commit,
        headline=front.headline,
        counts={word: counts[status] for status, word in STATUSES.items() if counts[status]},
        contenders=[
            Contender(
                label=bar.label,
                framework=bar.framework,
                fastest=bar.fastest,
                within_2x=bar.within,
                cases_run=bar.run,
                places={str(place): count for place, count in bar.counts.items()},
            )
            for bar in front.bars
        ],
        cases=[_case(ranking, group) for ranking in section.rankings for group in ranking.groups],
        crossovers=list(map(_crossover, front.contests)),
        repeat=section.repeat,
    )


def _case(ranking: Ranking, group: Group) -> Case:
    first = group.rows[0].cell
    return Case(
        suite=ranking.suite,
        name=ranking.name,
        case=first.case,
        precision=ranking.precision,
        size=group.size,
        size_of=first.size_of or "size",
        front=[row.label for row in group.front],
        times=[_time(row) for row in group.rows],
        missing=dict(group.missing),
    )


def _time(row: Row) -> Time:
    low, high = row.cell.low_s, row.cell.high_s
    return Time(
        label=row.label,
        time_s=row.cell.time_s,
        interval_s=None if low is None or high is None else (low, high),
        ratio=row.ratio.value if row.ratio else None,
        ratio_interval=row.ratio.interval if row.ratio else None,
        standing=row.standing,
    )


def _crossover(contest: Contest) -> Crossover:
    crossing = contest.crossing
    return Crossover(
        work=contest.work,
        who=contest.who,
        size_of=contest.size_of,
        kind=crossing.kind,
        size=_finite(crossing.size),
        low=_finite(crossing.low),
        high=_finite(crossing.high),
        speedups={point.size: math.exp(-point.log_ratio) for point in contest.points},
    )


def _finite(value: float | None) -> float | None:
    """None where the crossover lies beyond the sizes measured."""
    return value if value is not None and math.isfinite(value) else None

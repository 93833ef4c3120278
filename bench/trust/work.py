"""Whether a run was made with a seed that nobody knew before: the asker's own look at its answers.

What this shows: whoever made the file worked out the answers of that seed after it was told. It
does not show on which device, nor how long it took: the other checks speak of that.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bench.records import RejectedLine, scan
from bench.schema import End, Run, Slice, Verified
from bench.trust.challenge import Challenge
from bench.verification import answers
from frameworks import NULL
from suites import catalog
from suites.verification import reference
from suites.verification.reference import Cache, NoReference
from suites.workload import Workload, definition_hash

CASES = 3
"""Cases that are looked at, taken by chance after the answer is here."""

MOST_FLOP = 1e12
"""Of a step whose reference is worked out here: minutes of a CPU."""

CLOCKS_S = 600.0
"""By so much two machines' clocks may differ."""

Cell = tuple[str, str]
"""Contender and case."""


@dataclass
class Answered:
    """What a run's records say of its answers."""

    run: Run
    verified: dict[Cell, Verified] = field(default_factory=dict)
    """Those before timing that hold answers, the last of each cell."""
    ends_s: float = 0.0
    """Where its own clock stood at last."""


@dataclass(frozen=True)
class Looked:
    """What came of it."""

    problems: tuple[str, ...]
    """Why it is not shown that the work was done for the question; empty where it is."""
    cells: tuple[Cell, ...] = ()
    """Contenders and cases whose answers were looked at, and are those of the seed."""


def answered(path: Path) -> Answered | None:
    """The answers of a file of records; None where it holds no run. Raises NotRecords, OSError."""
    found: Answered | None = None
    for _, record in scan(path):
        if isinstance(record, Run) and found is None:
            found = Answered(record)
        elif found is not None and not isinstance(record, RejectedLine):
            _take(record, found)
    return found


def _take(record: object, into: Answered) -> None:
    if isinstance(record, Verified) and record.phase == "before" and record.answers:
        into.verified[record.contender, record.case] = record
    elif isinstance(record, Slice):
        into.ends_s = max(into.ends_s, (record.at_s or 0.0) + (record.wall_s or 0.0))
    elif isinstance(record, End):
        into.ends_s = max(into.ends_s, record.at_s)


def look(
    found: Answered,
    question: Challenge,
    cache: Cache,
    cases: int = CASES,
    now: datetime | None = None,
) -> Looked:
    """Hold the run against the question, and some of its answers against the reference of the seed.

    Takes as long as the references of the cases do, for two seeds.
    """
    problems = [*_formal(found, question, now or datetime.now(UTC))]
    if problems:
        return Looked(tuple(problems))
    known = {case.case: case.definition_sha256 for case in found.run.cases}
    work = {workload.case: workload for workload in _asked(question)}
    able = sorted(
        name
        for name in {case for _, case in found.verified}
        if name in work and known.get(name) == definition_hash(work[name])
    )
    if not able:
        return Looked(("none of its answers is to a case that was asked for",))
    chosen = secrets.SystemRandom().sample(able, min(cases, len(able)))
    return _judged(found, question.seed, [work[name] for name in chosen], cache)


def _formal(found: Answered, question: Challenge, now: datetime) -> Iterator[str]:
    """What needs no reference."""
    run = found.run
    if run.settings.get("seed") != question.seed:
        yield f"its seed is {run.settings.get('seed')}, asked for was {question.seed}"
    if run.commit != question.commit:
        yield f"it was made with commit {run.commit or 'unknown'}, asked for was {question.commit}"
    asked = datetime.fromisoformat(question.asked_at)
    began = _moment(run.started_at)
    if began is None or began < asked - timedelta(seconds=CLOCKS_S):
        yield f"it began at {run.started_at}, before it was asked for"
    passed_s = (now - asked).total_seconds()
    if found.ends_s > passed_s + CLOCKS_S:
        yield f"it tells of {found.ends_s:.0f} s, asked for was it {passed_s:.0f} s ago"
    if not found.verified:
        yield "its records hold no answers: a version of Metalbench wrote it that keeps none"


def _moment(text: str) -> datetime | None:
    try:
        told = datetime.fromisoformat(text)
    except ValueError:
        return None
    return told if told.tzinfo else told.replace(tzinfo=UTC)


def _asked(question: Challenge) -> Iterable[Workload]:
    for suite in question.suites:
        for workload in catalog.cases(suite, question.preset):
            if workload.flop <= MOST_FLOP:
                yield workload


def _judged(found: Answered, seed: int, works: Sequence[Workload], cache: Cache) -> Looked:
    """Every contender's answers to these cases; what an answer of any seed would pass proves
    nothing."""
    problems: list[str] = []
    right: list[Cell] = []
    precision = {each.contender: each.precision for each in found.run.contenders}
    framework = {each.contender: each.framework for each in found.run.contenders}
    for work in works:
        for (contender, case), told in found.verified.items():
            if case != work.case or framework.get(contender, NULL.name) == NULL.name:
                continue  # `null` is handed the answers
            verdict = _one(told, work, precision[contender], seed, cache)
            if verdict is None or (not verdict.off and verdict.decades < answers.ENOUGH):
                continue
            if verdict.off:
                problems.append(f"{contender}, {case}: {verdict.off[0]}")
            else:
                right.append((contender, case))
    if not (problems or right):
        problems = ["the cases looked at have answers that tell nothing of their seed"]
    return Looked(tuple(problems), tuple(right))


def _one(
    told: Verified, work: Workload, precision: str, seed: int, cache: Cache
) -> answers.Judged | None:
    """None where there is no reference to hold it against, or it is of other arrays than theirs:
    another processor may choose other samples to check."""
    try:
        own, other = (reference.expected(work, precision, each, cache) for each in (seed, seed ^ 1))
    except (NoReference, MemoryError):
        return None
    if told.arrays_sha256 != own.arrays_sha256:
        return None if own.drawn else answers.Judged(0, ("other weights or data than its",), 0.0)
    return answers.judge(told.answers, told.checks, seed, own.entries, other.entries)

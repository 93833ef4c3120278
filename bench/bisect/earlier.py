"""Runs of a bisection that was interrupted: what was measured then need not be measured again."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench import records, schema, version
from bench.plan.request import Request
from bench.run.resume import MAX_RUNS, MAY_DIFFER


@dataclass(frozen=True)
class Earlier:
    """Of one pair of contenders."""

    ended: tuple[Path, ...] = ()
    """Record files, the oldest first."""
    broken_off: bool = False
    """Whether a run of it broke off and can be gone on with."""


def find(wanted: Request, cases: Sequence[schema.Case]) -> Earlier:
    """Runs under its OUT of these very contenders, cases and settings, of this version of the
    harness; what cannot be read is nobody's run."""
    ended, broken_off = list[Path](), False
    for path, run in _runs(wanted.out):
        if not _alike(run, wanted, cases):
            continue
        if records.ended(path):
            ended.append(path)
        else:
            broken_off = True
    return Earlier(tuple(ended), broken_off)


def _runs(out: Path) -> Iterator[tuple[Path, schema.Run]]:
    for path in sorted(out.glob("*/records.jsonl"))[-MAX_RUNS:]:
        with contextlib.suppress(OSError, records.NotRecords):
            run = records.head(path)
            if run:
                yield path, run


def _alike(run: schema.Run, wanted: Request, cases: Sequence[schema.Case]) -> bool:
    specs = {spec.text for spec in wanted.contenders.specs}
    return (
        {each.spec for each in run.contenders} == specs
        and tuple(run.cases) == tuple(cases)
        and _lasting(run.settings) == _lasting(wanted.settings)
        and (run.version, run.commit) == (version.version(), version.commit())
    )


def _lasting(settings: dict[str, str | int | float | bool | None]) -> dict[str, object]:
    return {name: value for name, value in settings.items() if name not in MAY_DIFFER}

"""Going on with a run that broke off: which it was, what it had finished, what it had measured."""

from __future__ import annotations

import contextlib
import statistics
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from bench import records
from bench.records import RejectedLine, scan
from bench.run.rounds import History
from bench.schema import Cell, Failed, Record, Run, Skipped, Slice, State, Verified
from suites.errors import UserError

MAX_RUNS = 200
"""Newest folders looked at."""

MUST_AGREE = ("schema", "machine", "settings", "cases", "contenders", "commit", "version")

MAY_DIFFER = ("timeout_s", "memory_bytes", "preset_time_s")
"""Settings that end a run or a worker and change no figure: one breaks off to change them."""


class NothingToResume(UserError):
    """No run here broke off that was asked for in the same way; the message says what differs."""


@dataclass
class Checkpoint:
    """What a run had done when it broke off."""

    folder: Path
    name: str
    at_s: float = 0.0
    """Where its own clock stood."""
    troubles: int = 0
    absent: set[str] = field(default_factory=set)
    """Contenders that were recorded as not to be had."""
    finished: set[tuple[str, str]] = field(default_factory=set)
    """Contender and case of every cell that needs nothing more."""
    past: dict[tuple[str, str], History] = field(default_factory=dict)
    """By contender and case, what had been measured."""
    rounds: dict[str, int] = field(default_factory=dict)
    """By case, the number of the next round."""
    told: list[Record] = field(default_factory=list)
    """What its records said of cells."""


def find(out: Path, wanted: Run) -> Checkpoint:
    """The newest broken-off run under `out` that agrees with `wanted`. Raises NothingToResume."""
    differing = ""
    for path, run in _broken_off(out):
        differs = [name for name in MUST_AGREE if _said(run, name) != _said(wanted, name)]
        if not differs:
            records.cut(path)  # first: a record that is not whole was never measured
            return _begun(path)
        named = [_settings(run, wanted) if name == "settings" else name for name in differs]
        differing = differing or f" {run.run} differs in its {', '.join(named)}."
    raise NothingToResume(
        f"nothing to resume in {out}. Expected a run that broke off, asked for with the same "
        f"options on the same machine and commit.{differing or ' Received: none that broke off.'} "
        "Leave out --resume to start a new run."
    )


def _said(run: Run, name: str) -> object:
    """A fact of a run to compare, without what may change on one machine (displays, notes)."""
    if name == "machine":
        return msgspec.structs.replace(run.machine, displays=None, notes=())
    if name == "settings":
        return {key: value for key, value in run.settings.items() if key not in MAY_DIFFER}
    return getattr(run, name)


def _settings(run: Run, wanted: Run) -> str:
    """Which of them: `settings (threads: 2 then, None now)`."""
    both = run.settings, wanted.settings
    keys = [key for key in {**both[0], **both[1]} if key not in MAY_DIFFER]
    told = [f"{k}: {both[0].get(k)} then, {both[1].get(k)} now" for k in keys]
    changed = [word for k, word in zip(keys, told, strict=True) if both[0].get(k) != both[1].get(k)]
    return f"settings ({'; '.join(changed)})"


def _broken_off(out: Path) -> Iterator[tuple[Path, Run]]:
    """Runs without an end, the newest first; what cannot be read is nobody's run."""
    for path in sorted(out.glob("*/records.jsonl"), reverse=True)[:MAX_RUNS]:
        with contextlib.suppress(OSError):
            run = records.head(path)
            if run and not records.ended(path):
                yield path, run


def _begun(path: Path) -> Checkpoint:
    """Raises NothingToResume where a line in the middle is damaged."""
    begun, last, damaged = Checkpoint(path.parent, ""), 0, list[int]()
    for last, record in scan(path):
        if isinstance(record, RejectedLine):
            damaged.append(last)
            continue
        if isinstance(record, Run):
            begun.name = begun.name or record.run
        take_in(record, begun)
        if isinstance(record, Cell | Verified | Failed | Skipped):
            begun.told.append(record)
    if damaged and damaged[0] < last:
        raise NothingToResume(
            f"line {damaged[0]} of {path} is damaged. Expected a file that only a break "
            "has shortened. `make report` still reads its good lines; begin anew to measure."
        )
    return begun


def take_in(record: object, begun: Checkpoint) -> None:
    """What the record says of what was done."""
    match record:
        case Slice():
            past = begun.past.setdefault((record.contender, record.case), History())
            past.enter(record.start or 0)
            past.taken_s[record.round] = statistics.median(record.samples_s)
            past.spent_s += record.wall_s or 0.0
            past.samples += len(record.samples_s)
            begun.rounds[record.case] = max(begun.rounds.get(record.case, 0), record.round + 1)
            begun.at_s = max(begun.at_s, (record.at_s or 0.0) + (record.wall_s or 0.0))
        case State():
            begun.at_s = max(begun.at_s, record.at_s)
        case Cell():
            begun.finished.add((record.contender, record.case))
        case Verified(passed=False):
            begun.finished.add((record.contender, record.case))
            begun.troubles += 1
        case Failed(case=None) | Skipped(case=None):
            begun.absent.add(record.contender)
            begun.troubles += isinstance(record, Failed)
        case Skipped(no_time=True):
            pass  # there may be time now
        case Failed(case=str(case)) | Skipped(case=str(case)):
            begun.finished.add((record.contender, case))
            begun.troubles += isinstance(record, Failed)

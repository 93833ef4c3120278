"""Record files found, read and sorted by what they tell: the untrusted side of the frame."""

from __future__ import annotations

import sys
from collections.abc import Container, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from msgspec import structs

from bench.records import NotRecords, RejectedLine, scan
from bench.schema import (
    Cell,
    Check,
    End,
    Failed,
    Published,
    Resumed,
    Run,
    Runtime,
    Skipped,
    Slice,
    State,
    Verified,
)
from reports.ingest import published as collection
from reports.ingest.record_files import REMEDY, Lost, files, lost
from reports.ingest.slices import Key, Slices

_RIGHT = (Check(name="all", error=0.0, limit=0.0),)
"""What is kept of checks that all pass, once for all of them."""

MAX_PUBLISHED = 10_000
"""Published figures that a report takes in; a file of one source holds some dozens."""


@dataclass(frozen=True)
class LeftOut:
    """Something a file held that no report shows."""

    path: Path
    reason: str
    line: int | None = None
    whole: bool = False
    """Nothing of the file is shown."""


@dataclass(frozen=True)
class Absent:
    """A contender, or all its cases, that came to nothing."""

    run: str
    contender: str
    status: str
    """`skipped`, `no time`, `withdrawn` or `failed`."""
    reason: str


@dataclass
class Gathered:
    """Everything read, by kind."""

    runs: dict[str, Run] = field(default_factory=dict)
    files: dict[str, Path] = field(default_factory=dict)
    """Which each run was read from."""
    runtimes: dict[tuple[str, str], Runtime] = field(default_factory=dict)
    starts: dict[str, list[float]] = field(default_factory=dict)
    """Seconds that each start of a worker took, by run."""
    slices: Slices = field(default_factory=Slices)
    unproven: dict[Key, list[int]] = field(default_factory=dict)
    """Places of those that came after their cell was last finished, or before it ever was."""
    verified: dict[Key, list[Verified]] = field(default_factory=dict)
    finished: dict[Key, str] = field(default_factory=dict)
    """Why sampling stopped."""
    unmeasured: dict[Key, Skipped | Failed] = field(default_factory=dict)
    failures: dict[Key, Failed] = field(default_factory=dict)
    """By run, contender and reason."""
    absent: list[Absent] = field(default_factory=list)
    published: list[Published] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    lost: list[Lost] = field(default_factory=list)
    states: dict[str, list[State]] = field(default_factory=dict)
    ended: set[str] = field(default_factory=set)
    """Runs whose plan was carried out."""
    _keys: dict[Key, Key] = field(default_factory=dict)

    def let_go(self) -> None:
        """Forget what takes most of the memory, once tables are made of it."""
        for known in (self.verified, self.finished, self.unmeasured, self._keys):
            known.clear()

    def key(self, run: str, contender: str, case: str) -> Key:
        """A cell's key, always the same object: there are many, and each is held in many places."""
        key = run, sys.intern(contender), sys.intern(case)
        return self._keys.get(key) or self._keys.setdefault(key, key)


def gather(
    paths: Sequence[Path | str],
    published: bool = False,
    samples: bool = False,
    refused: Container[Path] = (),
) -> Gathered:
    """All records of these files and folders but of `refused` files, `published` with the figures
    that come with us.

    Raises NotRecords, OSError.
    """
    gathered = Gathered(slices=Slices(samples))
    if not (paths or published):
        raise NotRecords(f"nothing to report on. Expected record files or folders. {REMEDY}")
    # Ours come last and count once, also where they are named.
    gathered.lost += lost(map(Path, paths))
    found = {**dict(files(map(Path, paths))), **dict.fromkeys(_shipped(published), True)}
    for path, named in found.items():
        if path in refused:
            continue
        try:
            _sort(path, gathered)
        except (NotRecords, OSError) as error:
            if named:
                raise
            gathered.left_out.append(LeftOut(path, str(error), whole=True))
    if not (gathered.runs or gathered.published):
        listed = ", ".join(map(str, paths))
        raise NotRecords(f"no run in {listed}. Expected records of at least one. {REMEDY}")
    return gathered


def table(gathered: Gathered) -> pd.DataFrame:
    """A row for each slice that counts; what was gathered of them is let go.

    A second visit that broke off was not verified again: of a finished cell its slices go.
    """
    unproven = gathered.unproven.items()
    made = gathered.slices.table(
        [at for key, places in unproven if key in gathered.finished for at in places]
    )
    gathered.slices, gathered.unproven = Slices(), {}
    return made


def _shipped(published: bool) -> Sequence[Path]:
    return collection.shipped() if published else ()


def _sort(path: Path, into: Gathered) -> None:
    name, run, since = "", None, len(into.slices)
    stray = beyond = 0
    repeated: list[int] = []
    for line, record in scan(path):
        if isinstance(record, RejectedLine):
            into.left_out.append(LeftOut(path, record.reason, line))
        elif isinstance(record, Published):
            beyond += not _keep(record, path, into)
        elif isinstance(record, Run):
            if record == run:
                repeated.append(line)
            else:
                name, run = _name(record, into.runs), record
                into.runs[name], into.files[name] = record, path
        elif run is None:
            stray += 1
        elif isinstance(record, Slice):
            key = into.key(name, record.contender, record.case)
            into.unproven.setdefault(key, []).append(len(into.slices))
            into.slices.add(key, record, line)
        else:
            _file(record, name, into)
    repeated = sorted(repeated + into.slices.repeated(since))
    if repeated:
        what = f"this and {len(repeated) - 1} more lines" if repeated[1:] else "this line"
        reason = f"{what} say again what others said: of a round measured twice the last counts"
        into.left_out.append(LeftOut(path, reason, repeated[0]))
    reasons = {
        f"{stray} records before the first run": stray,
        f"{beyond} published figures beyond the first {MAX_PUBLISHED}": beyond,
    }
    into.left_out += [LeftOut(path, reason) for reason, some in reasons.items() if some]


def _keep(record: Published, path: Path, into: Gathered) -> bool:
    """Take the figure in, unless it contradicts itself; whether it or its refusal had room."""
    contradiction = collection.contradiction(record)
    if contradiction is None and len(into.published) < MAX_PUBLISHED:
        into.published.append(record)
        return True
    if contradiction is not None and len(into.left_out) < MAX_PUBLISHED:
        reason = f"a published figure that contradicts itself: {contradiction}"
        into.left_out.append(LeftOut(path, reason))
        return True
    return False


def _name(run: Run, taken: dict[str, Run]) -> str:
    """The run's id, made unique: copies of a file and clashing machines stay apart."""
    name, number = run.run, 1
    while name in taken:
        number += 1
        name = f"{run.run} ({number})"
    return name


def _file(
    record: Runtime | Verified | Cell | Skipped | Failed | State | Resumed | End,
    run: str,
    into: Gathered,
) -> None:
    reason = why(record) if isinstance(record, Failed | Skipped) else ""
    if isinstance(record, Failed):
        into.failures.setdefault((run, record.contender, reason), record)
    match record:
        case Runtime():
            into.runtimes[run, record.contender] = record
            into.starts.setdefault(run, []).append(record.start_s or 0.0)
        case Verified():
            key = into.key(run, record.contender, record.case)
            _, contender, case = key  # the same objects for all that belongs to a cell
            # Of checks that all pass nobody asks more than that they do; they are most of a file.
            right = record.passed and all(check.passes for check in record.checks)
            shown = _RIGHT if right and record.checks else record.checks
            look = structs.replace(record, contender=contender, case=case, checks=shown)
            into.verified.setdefault(key, []).append(look)
        case Cell():
            _finish(into, into.key(run, record.contender, record.case), record)
        case Skipped(case=None) | Failed(case=None):
            into.absent.append(Absent(run, record.contender, kind(record), reason))
        case Skipped(case=str(case)) | Failed(case=str(case)):
            _keep_worse(into.unmeasured, (run, record.contender, case), record)
        case State():
            into.states.setdefault(run, []).append(record)
        case End():
            into.ended.add(run)


def _finish(into: Gathered, key: Key, record: Cell) -> None:
    into.finished[key] = sys.intern(record.stopped)
    into.unproven.pop(key, None)
    left = into.unmeasured.get(key)
    if isinstance(left, Skipped) and left.no_time:
        del into.unmeasured[key]  # there was time after the run was resumed


def _keep_worse(known: dict[Key, Skipped | Failed], key: Key, record: Skipped | Failed) -> None:
    if not isinstance(known.get(key), Failed):
        known[key] = record


def kind(record: Skipped | Failed) -> str:
    """The status that the record gives its cells."""
    if isinstance(record, Failed):
        return "failed"
    if record.no_time:
        return "no time"
    return "withdrawn" if record.withdrawn else "skipped"


def why(record: Skipped | Failed) -> str:
    """The reason; of a failure also its stage and, unless that is the reason, the worker's end."""
    if isinstance(record, Skipped):
        return record.reason
    end = record.signal or (f"exit code {record.exit_code}" if record.exit_code else "")
    known = not end or end.removeprefix("exit ") in record.reason
    return f"{record.stage}: {record.reason}" + ("" if known else f" ({end})")

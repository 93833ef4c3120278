"""Runs made into tables, month by month: only those that no table holds yet.

Parquet files are written first, under names made of their content; then the month's index is
replaced, which is the commit. Whatever breaks off before loses nothing and is made again. Two at
once write the same rows: who comes last looks whether the index has changed meanwhile and leaves
out what the other has added; should its index replace the other's all the same, the runs that are
then in no table are the next one's work, and no run is ever in two parts.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial

from bench.store import layout, manifest, objects
from bench.store.faults import StoreFault
from bench.store.manifest import Entry
from bench.store.places import Place
from reports.store import index, parquet, unpacking
from reports.store.index import Index, Part
from reports.store.tables import rows

RUNS_OF_A_PART = 5_000
"""What is written, and committed, together."""

MOST_PARTS = 16
"""Of a month: more are merged, all of them once it is over, before that the small ones."""

_SMALL = 500
"""Runs of a part that is merged while its month goes on."""

_KEPT_S = 86_400
"""A file that is in no index may be a compaction's that goes on; after a day it is nobody's."""


@dataclass
class Done:
    """What a compaction did."""

    runs: int = 0
    """That are in tables now and were not before."""
    merged: int = 0
    """Parts that became one."""
    removed: int = 0
    """Files that belonged to no index."""
    lost: dict[str, str] = field(default_factory=dict)
    """Runs that could not be taken in, by hash: why."""


def compact(
    place: Place,
    *,
    now: datetime | None = None,
    part: int = RUNS_OF_A_PART,
    told: Callable[[str, int, int], None] = lambda month, done, of: None,
) -> Done:
    """Take in every run that is in no table yet; `told` of each month hears how many of how many.

    Raises StoreFault where the store itself cannot be used.
    """
    objects.check(place)
    done, moment = Done(), now or datetime.now(UTC)
    covered = index.covered(place)
    for month in manifest.months(place):
        _month(place, month, part, done, covered, partial(told, month))
        _merge(place, month, layout.month(moment) > month, done)
        _tidy(place, month, done)
    return done


def _month(
    place: Place,
    month: str,
    part: int,
    done: Done,
    covered: set[str],
    told: Callable[[int, int], None],
) -> None:
    """Take in the month's runs; one that came twice, at the turn of a month, stays in the first."""
    new = [sha256 for sha256 in manifest.hashes(place, month) if sha256 not in covered]
    covered.update(new)
    for begin in range(0, len(new), part):
        told(begin, len(new))
        wanted = new[begin : begin + part]
        entries = []
        for sha256, found in zip(wanted, manifest.of(place, month, wanted), strict=True):
            if isinstance(found, StoreFault):
                done.lost[sha256] = str(found)
            else:
                entries.append(found)
        entries.sort(key=lambda entry: (entry.machine_id, entry.received_at, entry.sha256))
        _part(place, month, entries, done)
    told(len(new), len(new))


def _part(place: Place, month: str, entries: Sequence[Entry], done: Done) -> None:
    """Write and commit the rows of these runs."""
    written = parquet.Writers()
    taken: list[str] = []
    for batch in unpacking.batches(place, entries, done.lost):
        for made in rows.each(batch, done.lost):
            written.add(made.tables)
            taken += made.runs
    if not taken:
        return
    files = written.put(place, month)
    known = index.read(place, month)
    if known.runs.isdisjoint(taken):
        part = Part(runs=tuple(taken), files=files)
        index.write(place, month, Index(parts=(*known.parts, part)))
        done.runs += len(taken)


# --- few files --------------------------------------------------------------------------------


def _merge(place: Place, month: str, over: bool, done: Done) -> None:
    """Many parts become one."""
    known = index.read(place, month)
    some = [part for part in known.parts if over or len(part.runs) < _SMALL]
    if len(some) <= MOST_PARTS:
        return
    written = parquet.Writers()
    for part in some:
        written.copy(place, month, part)
    runs = tuple(sha256 for part in some for sha256 in part.runs)
    merged = Part(runs=runs, files=written.put(place, month))
    if index.read(place, month) == known:
        others = tuple(part for part in known.parts if part not in some)
        index.write(place, month, Index(parts=(*others, merged)))
        done.merged += len(some)


def _tidy(place: Place, month: str, done: Done) -> None:
    """Remove files that nobody's index names."""
    known, folder = index.read(place, month).files, f"{layout.TABLES}/{month}"
    for name in place.names(folder):
        path = f"{folder}/{name}"
        if name not in known and place.age_s(path, time.time()) > _KEPT_S:
            place.remove(path)
            done.removed += 1

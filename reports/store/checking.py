"""A store looked through: objects against their hashes, manifest and tables against objects."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.store import layout, manifest, objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import index, parquet
from reports.store.index import Index


@dataclass(frozen=True)
class Damage:
    """Something that is not as it should be."""

    what: str
    cure: str


_SEND = "Send it again from where it was measured; until then no table takes it in."
_COMPACT = "`./metalbench store compact` makes what is missing anew."


def check(place: Place) -> Iterator[Damage]:
    """All damage, month by month; every object is read. Raises StoreFault where the store itself
    cannot be used."""
    objects.check(place)
    every: set[str] = set()
    for month in manifest.months(place):
        known = manifest.hashes(place, month)
        every.update(known)
        yield from _runs(place, month, known)
    yield from _orphans(place, every)
    for month in index.months(place):
        yield from _tables(place, month, every)


def _runs(place: Place, month: str, known: Sequence[str]) -> Iterator[Damage]:
    for begin in range(0, len(known), manifest.AT_ONCE):
        some = known[begin : begin + manifest.AT_ONCE]
        entries = []
        for sha256, found in zip(some, manifest.of(place, month, some), strict=True):
            if isinstance(found, StoreFault):
                name = layout.entry(month, sha256)
                yield Damage(f"{name}: {found}", f"Delete it, and send run {sha256} again.")
            else:
                entries.append(found)
        for _, content in objects.fetch_each(place, entries):
            if isinstance(content, StoreFault):
                yield Damage(str(content), _SEND)


def _orphans(place: Place, every: set[str]) -> Iterator[Damage]:
    """Runs whose push broke off before its end."""
    for folder in place.names(layout.RUNS):
        for name in place.names(f"{layout.RUNS}/{folder}"):
            sha256 = name.removesuffix(layout.RUN_SUFFIX)
            if name.endswith(layout.RUN_SUFFIX) and sha256 not in every:
                yield Damage(
                    f"{layout.RUNS}/{folder}/{name} is in no manifest: its push broke off.",
                    "Push it again, or delete it; nobody reads it.",
                )


def _tables(place: Place, month: str, every: set[str]) -> Iterator[Damage]:
    try:
        known = index.read(place, month)
    except StoreFault as fault:
        yield Damage(str(fault), "")
        return
    for sha256 in sorted(known.runs - every):
        yield Damage(
            f"the tables of {month} hold run {sha256}, which is in no manifest.",
            f"Delete {layout.index(month)}. {_COMPACT}",
        )
    yield from _files(place, month, known)


def _files(place: Place, month: str, known: Index) -> Iterator[Damage]:
    for part in known.parts:
        for name, file in part.files.items():
            try:
                rows = len(parquet.table(parquet.fetch(place, month, file), name))
            except StoreFault as fault:
                yield Damage(str(fault), f"Delete {layout.index(month)}. {_COMPACT}")
                continue
            if rows != file.rows:
                yield Damage(
                    f"{parquet.path(month, file)} has {rows} rows, its index says {file.rows}.",
                    f"Delete {layout.index(month)}. {_COMPACT}",
                )

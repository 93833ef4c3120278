"""A store looked through: objects against their hashes, manifest against objects, and every row of
the tables against the records that it is of."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench.store import layout, manifest, objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import index, parquet, unpacking
from reports.store.tables import marks, rows
from reports.store.tables.marks import Marks


@dataclass(frozen=True)
class Damage:
    """Something that is not as it should be."""

    what: str
    cure: str


_SEND = "Send it again from where it was measured; until then no table takes it in."


def check(place: Place) -> Iterator[Damage]:
    """All damage, month by month; every object is read, and its rows are made again. Raises
    StoreFault where the store itself cannot be used."""
    objects.check(place)
    every: set[str] = set()
    for month in sorted({*manifest.months(place), *index.months(place)}):
        known = manifest.hashes(place, month)
        every.update(known)
        held: Marks = {}
        yield from _tables(place, month, known, held)
        yield from _runs(place, month, known, held)
    yield from _orphans(place, every)


def _tables(place: Place, month: str, known: Sequence[str], held: Marks) -> Iterator[Damage]:
    """What is wrong with the month's tables by themselves; what their rows say of each run that
    is known goes into `held`, where all can be read."""
    found: Marks = {}
    try:
        named = index.read(place, month)
        for part in named.parts:
            for name, file in part.files.items():
                for some in parquet.batches(place, month, name, file):
                    marks.add(found, name, some)
    except StoreFault as fault:
        yield Damage(str(fault), "")
        return
    cure = _anew(month)
    for sha256 in sorted(named.runs.difference(known)):
        yield Damage(f"the tables of {month} hold run {sha256}, which is in no manifest.", cure)
    for sha256 in sorted(found.keys() - named.runs):
        what = (
            f"the tables of {month} have rows of run {sha256[:64]!r}, which is not in their index."
        )
        yield Damage(what, cure)
    for sha256 in named.runs.intersection(known):
        held[sha256] = found.get(sha256, marks.Counter())


def _runs(place: Place, month: str, known: Sequence[str], held: Marks) -> Iterator[Damage]:
    for begin in range(0, len(known), manifest.AT_ONCE):
        some = known[begin : begin + manifest.AT_ONCE]
        entries = []
        for sha256, found in zip(some, manifest.of(place, month, some), strict=True):
            if isinstance(found, StoreFault):
                name = layout.entry(month, sha256)
                yield Damage(f"{name}: {found}", f"Delete it, and send run {sha256} again.")
            else:
                entries.append(found)
        lost: dict[str, str] = {}
        for batch in unpacking.batches(place, entries, lost):
            for made in rows.each(batch, lost):
                yield from _differing(month, made, held)
        for sha256, reason in lost.items():
            yield Damage(f"run {sha256}: {reason}", _SEND)


def _differing(month: str, made: rows.Rows, held: Marks) -> Iterator[Damage]:
    """Of runs that are in the tables those of which the tables say something else."""
    own: Marks = {}
    for name, table in made.tables.items():
        marks.add(own, name, table)
    for sha256 in made.runs:
        if sha256 not in held:
            continue
        differ = [name for name in made.tables if own[sha256][name] != held[sha256][name]]
        if differ:
            yield Damage(
                f"the tables of {month} say something else of run {sha256} than its records "
                f"({', '.join(differ)}): somebody changed them, or another version of Metalbench "
                "made them.",
                _anew(month),
            )


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


def _anew(month: str) -> str:
    return (
        f"Delete {layout.index(month)}. `./metalbench store compact` makes the month's tables anew."
    )

"""How far each run of a store is trusted, held against all others that lie there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.records import NotRecords
from bench.store import layout, objects
from bench.store.faults import StoreFault
from bench.store.manifest import Entry
from bench.store.places import Place
from reports.store.tables import unpacking
from reports.store.tables.unpacking import Stored
from reports.trust import evidence, tiers
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.tiers import Tier

_AT_ONCE = 32
"""Runs of which what lies beside them, 1 MiB at most, is in memory together."""


@dataclass(frozen=True)
class Judged:
    """What was found of a store's runs, by hash."""

    tiers: Mapping[str, Tier]
    keys: Mapping[str, str]
    """Whose signature fits the run: the fingerprint, known or not."""
    lost: dict[str, str] = field(default_factory=dict)
    """Runs whose records are not there or are damaged: why. They have no tier."""


def judged(
    place: Place,
    entries: Sequence[Entry],
    signers: Path | None = None,
    told: Callable[[int], None] = lambda read: None,
    beside: Callable[[Sequence[Stored]], None] = lambda batch: None,
) -> Judged:
    """The tier of each run that these entries of the manifest are of.

    `told` hears how many have been read, `beside` gets the records of some at a time while they
    lie unpacked. It takes some 15 ms a run of 100 lines. Raises StoreFault where the store cannot
    be used, NoKeygen, OSError.
    """
    objects.check(place)
    found: dict[str, Evidence] = {}
    lost: dict[str, str] = {}
    for batch in unpacking.batches(place, entries, lost):
        for stored, signature, work in _with_sidecars(place, batch):
            sha256 = stored.entry.sha256
            try:
                found[sha256] = evidence.of_file(
                    stored.file,
                    named=sha256,
                    signature=signature,
                    work=work,
                    signers=signers,
                    received_at=stored.entry.received_at,
                )
            except NotRecords as error:
                lost[sha256] = str(error)
        beside(batch)
        told(len(found))
    kin = Kin(found.values())
    keys = {sha256: run.signature.key for sha256, run in found.items() if run.signature}
    return Judged({sha256: tiers.of(run, kin) for sha256, run in found.items()}, keys, lost)


def _with_sidecars(
    place: Place, batch: Sequence[Stored]
) -> Iterator[tuple[Stored, bytes | None, bytes | None]]:
    """Each run, its signature and the word of who asked for it; several at once, since each is a
    journey where the store is far away."""
    for begin in range(0, len(batch), _AT_ONCE):
        some = batch[begin : begin + _AT_ONCE]
        signatures, works = (
            place.get_each(
                [layout.sidecar(one.entry.sha256, suffix) for one in some], objects.SIDECARS[suffix]
            )
            for suffix in (".sig", ".work.json")
        )
        for stored, *two in zip(some, signatures, works, strict=True):
            signature, work = (None if isinstance(each, StoreFault) else each for each in two)
            yield stored, signature, work

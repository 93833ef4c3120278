"""How far each run of a store is trusted, held against all others that lie there."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.records import NotRecords
from bench.store import beside, objects
from bench.store.beside import Beside
from bench.store.manifest import Entry
from bench.store.places import Place
from bench.trust import signing
from reports.store import unpacking
from reports.store.unpacking import Stored
from reports.trust import evidence, tiers
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.tiers import Tier

_AT_ONCE = 8
"""Runs of which what lies beside them, some MiB at most, is in memory together."""


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
    taken: Callable[[Sequence[Stored]], None] = lambda batch: None,
) -> Judged:
    """The tier of each run that these entries of the manifest are of.

    `told` hears how many have been read, `taken` gets the records of some at a time while they
    lie unpacked. It takes some 15 ms a run of 100 lines. Raises StoreFault where the store cannot
    be used, NoKeygen, OSError.
    """
    objects.check(place)
    found: dict[str, Evidence] = {}
    lost: dict[str, str] = {}
    known = beside.found(place, [one.sha256 for one in entries], signing.listed(signers))
    for batch in unpacking.batches(place, entries, lost):
        for stored, got in _with_sidecars(place, batch, known):
            sha256 = stored.entry.sha256
            try:
                found[sha256] = evidence.of_file(
                    stored.file,
                    named=sha256,
                    signatures=got.get(".sig", ()),
                    works=got.get(".work.json", ()),
                    signers=signers,
                    received_at=known[sha256].received_at,
                )
            except NotRecords as error:
                lost[sha256] = str(error)
        taken(batch)
        told(len(found))
    kin = Kin(found.values())
    keys = {sha256: run.signature.key for sha256, run in found.items() if run.signature}
    return Judged({sha256: tiers.of(run, kin) for sha256, run in found.items()}, keys, lost)


def _with_sidecars(
    place: Place, batch: Sequence[Stored], known: Mapping[str, Beside]
) -> Iterator[tuple[Stored, dict[str, list[bytes]]]]:
    """Each run, and what lies beside it by suffix; several at once, since each is a journey where
    the store is far away."""
    for begin in range(0, len(batch), _AT_ONCE):
        some = batch[begin : begin + _AT_ONCE]
        got = beside.fetch(place, [known[one.entry.sha256] for one in some])
        yield from zip(some, got, strict=True)

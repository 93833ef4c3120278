"""How far each run of a store is trusted, held against all others that lie there."""

from __future__ import annotations

import contextlib
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records import NotRecords
from bench.store import layout, objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.trust import evidence, tiers
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.tiers import Tier

_AT_ONCE = 32
"""Runs whose objects are in memory together."""


def judged(
    place: Place,
    received: Mapping[str, str],
    signers: Path | None = None,
    told: Callable[[int], None] = lambda read: None,
) -> dict[str, Tier]:
    """The tier of each run by its hash, of which `received` says when the store got it, ISO 8601.

    A run whose records are not there, or are damaged, has none. `told` hears how many have been
    read. It takes some 15 ms a run of 100 lines. Raises StoreFault where the store cannot be used,
    NoKeygen, OSError.
    """
    objects.check(place)
    found: dict[str, Evidence] = {}
    hashes = list(received)
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        copy = Path(folder) / "records.jsonl"
        for begin in range(0, len(hashes), _AT_ONCE):
            told(begin)
            for objects_of in _fetched(place, hashes[begin : begin + _AT_ONCE]):
                sha256 = objects_of.sha256
                with contextlib.suppress(StoreFault, NotRecords):
                    copy.write_bytes(objects_of.records())
                    found[sha256] = evidence.of_file(
                        copy,
                        named=sha256,
                        signature=objects_of.signature,
                        work=objects_of.work,
                        signers=signers,
                        received_at=received[sha256],
                    )
    kin = Kin(found.values())
    return {sha256: tiers.of(run, kin) for sha256, run in found.items()}


@dataclass(frozen=True)
class _Objects:
    """What a store has of a run."""

    sha256: str
    packed: bytes | StoreFault
    signature: bytes | None
    work: bytes | None

    def records(self) -> bytes:
        """Raises StoreFault where they are not there, or are damaged."""
        if isinstance(self.packed, StoreFault):
            raise self.packed
        return objects.verified(self.packed, self.sha256)


def _fetched(place: Place, hashes: Sequence[str]) -> Iterator[_Objects]:
    """Together, since each is a journey where the store is far away."""
    packed = place.get_each([layout.run(each) for each in hashes], objects.MAX_PACKED_BYTES)
    beside = [
        place.get_each([layout.sidecar(each, suffix) for each in hashes], most)
        for suffix, most in (
            (suffix, objects.SIDECARS[suffix]) for suffix in (".sig", ".work.json")
        )
    ]
    for sha256, run, *two in zip(hashes, packed, *beside, strict=True):
        signature, work = (None if isinstance(each, StoreFault) else each for each in two)
        yield _Objects(sha256, run, signature, work)

"""How far each run of a store is trusted, held against all others that lie there."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path

from bench.records import NotRecords
from bench.store import objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.trust import evidence, tiers
from reports.trust.evidence import Evidence
from reports.trust.kin import Kin
from reports.trust.tiers import Tier


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
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        copy = Path(folder) / "records.jsonl"
        for number, (sha256, when) in enumerate(received.items()):
            told(number)
            try:
                copy.write_bytes(objects.fetch(place, sha256))
                found[sha256] = evidence.of_file(
                    copy,
                    named=sha256,
                    signature=objects.get_sidecar(place, sha256, ".sig"),
                    work=objects.get_sidecar(place, sha256, ".work.json"),
                    signers=signers,
                    received_at=when,
                )
            except (StoreFault, NotRecords):
                continue
    kin = Kin(found.values())
    return {sha256: tiers.of(run, kin) for sha256, run in found.items()}

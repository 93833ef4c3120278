"""Runs of a store as files of their own, some at a time: as many as fit into memory together."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from msgspec import structs

from bench import records
from bench.machine.identity import identity
from bench.store import objects
from bench.store.faults import StoreFault
from bench.store.manifest import Entry
from bench.store.places import Place

_BATCH_BYTES = 32 * 2**20
_BATCH_CELLS = 20_000
_BATCH_RUNS = 250
"""Of the runs that are looked at together: their records unpacked, and what they plan."""


@dataclass(frozen=True)
class Stored:
    """A run of a store, and where its records lie unpacked."""

    entry: Entry
    """As its records have it: what an entry says of them may be forged. When the run came, and
    nothing else, is the manifest's word."""
    file: Path


def batches(place: Place, entries: Sequence[Entry], lost: dict[str, str]) -> Iterator[list[Stored]]:
    """The runs, in order; the files of a batch are there until the next is asked for. Those whose
    records are not there or are damaged go into `lost`, by hash: why. Raises StoreFault where the
    store itself cannot be used."""
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        batch: list[Stored] = []
        size = cells = 0
        for stored, its_cells in _unpacked(place, entries, Path(folder), lost):
            its_bytes = stored.entry.bytes
            full = size + its_bytes > _BATCH_BYTES or cells + its_cells > _BATCH_CELLS
            if batch and (full or len(batch) == _BATCH_RUNS):
                yield batch
                for one in batch:
                    one.file.unlink()
                batch, size, cells = [], 0, 0
            batch.append(stored)
            size, cells = size + its_bytes, cells + its_cells
        if batch:
            yield batch


def _unpacked(
    place: Place, entries: Sequence[Entry], folder: Path, lost: dict[str, str]
) -> Iterator[tuple[Stored, int]]:
    """Each run as a file of its own, and how many cells it plans."""
    for entry, content in objects.fetch_each(place, entries):
        if isinstance(content, StoreFault):
            lost[entry.sha256] = str(content)
            continue
        file = folder / f"{entry.sha256}.jsonl"
        file.write_bytes(content)
        run = records.head(file)
        if run is None:
            lost[entry.sha256] = "it does not begin with a run"
            continue
        told = structs.replace(
            entry,
            bytes=len(content),
            records=content.count(b"\n"),
            ended=records.ended(file),
            run=run.run,
            machine_id=identity(run.machine),
        )
        yield Stored(told, file), len(run.cases) * len(run.contenders)

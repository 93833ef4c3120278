"""Runs that were made before there was a store, or elsewhere: their records are taken in, once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records import NotRecords, scan
from bench.schema import Run
from reports import frame
from reports.history import store
from reports.history.store import Lost
from reports.ingest import record_files


@dataclass(frozen=True)
class Taken:
    """What the records' folders came to."""

    records: dict[str, Path]
    """The file of each run, by its id."""
    new: int
    """Runs that the store lacked."""
    lost: tuple[Lost, ...]


def take_in(results: Sequence[Path], folder: Path) -> Taken:
    """Every run of these folders that the store lacks, or has from before it was resumed.

    Raises NotRecords, OSError where a path that was named is none.
    """
    known = {path.name: written for path, written in store.files(folder).items()}
    records: dict[str, Path] = {}
    lost, new = [], 0
    for path, _ in _found(results, bool(known)):
        try:
            run = _run(path)
            if run in records:
                continue  # a copy
            records[run] = path
            written = known.get(store.file_name(run))
            if written is None or written < path.stat().st_mtime:
                store.add(frame.read([path]), folder)
                new += 1
        except (NotRecords, OSError) as error:
            lost.append(Lost(path, str(error)))
    return Taken(records, new, tuple(lost))


def _found(results: Sequence[Path], known: bool) -> list[tuple[Path, bool]]:
    try:
        return list(record_files.files(results))
    except NotRecords:
        if known:  # the records are gone, their figures are not
            return []
        raise


def _run(path: Path) -> str:
    """The id of the file's first run; the rest is not read. Raises NotRecords, OSError."""
    for _, record in scan(path):
        if isinstance(record, Run):
            return record.run
    raise NotRecords(f"{path} holds no run")

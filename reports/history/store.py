"""The store of one's runs: a Parquet data set, one file for each run, one folder for each machine.

    <results>/history/machine_id=<12 hexadecimal digits>/<run>.parquet

A run writes its own file aside and renames it, so two runs at once cannot harm each other. What is
read is checked like anything from outside: a file that is damaged costs that file alone.
"""

from __future__ import annotations

import hashlib
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench import whole_file
from bench.machine.identity import identity
from reports.formatting import plain
from reports.frame import Results
from reports.history.entry import Entry
from reports.ingest.record_files import PARTITION
from reports.isolation import Attempts

FOLDER = "history"
"""Within the folder of the runs."""

MOST_FILES = 5_000
MOST_ROWS = 500_000
"""Runs and figures of one machine that a page takes in, the newest first."""

MOST_BYTES = 64 * 2**20
"""What one file may hold once it is unpacked, in bytes."""

_LONGEST_S = 1e9

_TYPES = {"started_at": pa.timestamp("us", tz="UTC"), "threads": pa.int64()} | dict.fromkeys(
    ("time_s", "low_s", "high_s"), pa.float64()
)
_OPTIONAL = ("version", "threads", "low_s", "high_s")
_TEXTS = tuple(name for name in Entry._fields if name not in _TYPES)
_SCHEMA = pa.schema(
    [
        pa.field(name, _TYPES.get(name, pa.string()), nullable=name in _OPTIONAL)
        for name in Entry._fields
    ]
)

_PARTITION = re.compile(PARTITION + "[0-9a-f]{12}")


class Damaged(Exception):
    """A file of the store that says nothing usable; the message is why."""


@dataclass(frozen=True)
class Lost:
    """Something that should be part of the history and is not."""

    path: Path
    reason: str


@dataclass(frozen=True)
class Stored:
    """What the store holds of one machine."""

    machine: str
    """Its label."""
    entries: tuple[Entry, ...]
    lost: tuple[Lost, ...]


# --- writing ----------------------------------------------------------------------------------


def add(results: Results, folder: Path) -> None:
    """Write the file of each run; in the place of an earlier one, as after `--resume`.

    A run without any verified cell gets a file too: it is known then. Raises OSError.
    """
    for name, run in results.runs.items():
        if name != run.run:  # a copy of one that is there already
            continue
        target = folder / f"{PARTITION}{identity(run.machine)}" / file_name(name)
        target.parent.mkdir(parents=True, exist_ok=True)
        rows = [entry._asdict() for entry in _entries(results, name)]
        sink = pa.BufferOutputStream()
        pq.write_table(pa.Table.from_pylist(rows, _SCHEMA), sink)
        whole_file.write(target, sink.getvalue().to_pybytes())


def keep(results: Results, folder: Path) -> str:
    """The same, at the end of a run; why it could not be done, which costs the run nothing."""
    attempts = Attempts()
    try:
        attempts.of("The history", partial(add, results, folder), lambda _: None)
        wrong = attempts.faults[0].error if attempts.faults else ""
    except OSError as error:
        wrong = str(error)
    return wrong and plain(f"the history in {folder} lacks this run: {wrong}", 400)


def _entries(results: Results, name: str) -> Iterator[Entry]:
    run = results.runs[name]
    began = moment(run.started_at)
    if began is None:
        return
    definitions = {case.case: case.definition_sha256 for case in run.cases}
    for cell in results.ranked(name):
        yield Entry(
            *(name, began, run.machine.label, cell.suite, cell.case, definitions[cell.case]),
            *(cell.contender, cell.framework, cell.version, cell.device_name, cell.execution),
            *(cell.threads, cell.time_s, cell.low_s, cell.high_s),
        )


def moment(text: str) -> datetime | None:
    """When a run began; None where the record does not say."""
    try:
        told = datetime.fromisoformat(text)
        told = (told if told.tzinfo else told.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return told if 1980 < told.year < 2200 else None


def file_name(run: str) -> str:
    """Of a run's file: its id, or a hash of one that is no plain name."""
    if not re.fullmatch(r"[A-Za-z0-9][\w.-]{0,99}", run, re.ASCII):
        run = hashlib.sha256(run.encode("utf-8", "surrogatepass")).hexdigest()[:32]
    return f"{run}.parquet"


# --- reading ----------------------------------------------------------------------------------


def files(folder: Path) -> dict[Path, float]:
    """Every file of the store, and when it was written."""
    found = (path for path in folder.glob(f"{PARTITION}*/*.parquet") if path.is_file())
    return {path: path.stat().st_mtime for path in found if _PARTITION.fullmatch(path.parent.name)}


def machines(folder: Path) -> dict[str, list[Path]]:
    """The files of each machine, by its twelve digits: the newest first, and so are the machines.

    By name, since a run's begins with its date."""
    found: dict[str, list[Path]] = {}
    for path in sorted(files(folder), key=lambda path: path.name, reverse=True):
        found.setdefault(path.parent.name.removeprefix(PARTITION), []).append(path)
    return found


def read(paths: list[Path]) -> Stored:
    """All figures of the files of one machine, in the order in which its runs began."""
    entries: list[Entry] = []
    lost, label, rows = [], "", 0
    for number, path in enumerate(paths):
        if number == MOST_FILES or rows > MOST_ROWS:
            reason = f"{len(paths) - number} older runs: {number} are taken in at the most"
            lost.append(Lost(path.parent, reason))
            break
        try:
            own = of_file(path)
        except Damaged as error:
            lost.append(Lost(path, str(error)))
            continue
        rows += len(own)
        label = label or (own[0].machine if own else "")
        entries += own
    entries.sort(key=lambda entry: (entry.started_at, entry.run))
    return Stored(label, tuple(entries), tuple(lost))


def of_file(path: Path) -> list[Entry]:
    """The figures of one run. Raises Damaged."""
    try:
        with path.open("rb") as file:
            table = _table(file)
    except (pa.ArrowException, OSError, ValueError, OverflowError, MemoryError) as error:
        first = str(error).partition("\n")[0]
        raise Damaged(plain(f"cannot be read as Parquet: {first}", 200)) from None
    columns = [table[name].to_pylist() for name in _SCHEMA.names]
    entries = [Entry._make(values) for values in zip(*columns, strict=True)]
    for entry in entries:
        _check(entry, entries[0])
    return entries


def _table(file: object) -> pa.Table:
    """The columns of our schema, whatever else there is. Raises Damaged."""
    limits = {"thrift_string_size_limit": 2**24, "thrift_container_size_limit": 2**20}
    opened = pq.ParquetFile(file, read_dictionary=list(_TEXTS), **limits)
    about = opened.metadata
    unpacked = sum(about.row_group(at).total_byte_size for at in range(about.num_row_groups))
    if about.num_rows > MOST_ROWS or unpacked > MOST_BYTES:
        raise Damaged(f"holds {about.num_rows} rows and {unpacked} bytes: too much for one run")
    lacking = [name for name in _SCHEMA.names if name not in opened.schema_arrow.names]
    if lacking:
        raise Damaged(f"has no column {', '.join(lacking)}")
    table = opened.read(columns=_SCHEMA.names)
    for name in _TEXTS:
        _bound(name, table[name])
    return table.cast(_SCHEMA)


def _bound(name: str, column: pa.ChunkedArray) -> None:
    """A long text that each row repeats is small in the file alone. Raises Damaged."""
    for chunk in column.chunks:
        known = chunk.dictionary if pa.types.is_dictionary(chunk.type) else chunk
        if not (pa.types.is_string(known.type) or pa.types.is_large_string(known.type)):
            raise Damaged(f"has no text in its column {name}")
        longest = pc.max(pc.binary_length(known)).as_py() or 0
        if longest * len(column) > MOST_BYTES:
            raise Damaged(f"has too much text in its column {name}")


def _check(entry: Entry, first: Entry) -> None:
    """Raises Damaged where the row is none of this run, or no time."""
    same = (entry.run, entry.started_at, entry.machine) == (first[:3])
    if not same:
        raise Damaged("holds more than one run")
    for time_s in (entry.time_s, entry.low_s, entry.high_s):
        if time_s is not None and not (math.isfinite(time_s) and 0 < time_s <= _LONGEST_S):
            raise Damaged(f"has a time of {time_s} s")
    for name, value in zip(Entry._fields, entry, strict=True):
        if value is None and name not in _OPTIONAL:
            raise Damaged(f"lacks the {name} of a figure")

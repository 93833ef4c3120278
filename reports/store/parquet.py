"""Parquet files of a store: written part by part, and read within bounds by the hash they have."""

from __future__ import annotations

import hashlib
import io
import tempfile
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from bench.store import layout
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import bounded
from reports.store.bounded import text
from reports.store.index import File, Part
from reports.store.schema import NAMES, SCHEMAS, Table

MAX_BYTES = 2 * 2**30
"""Of one file."""

_BATCH_ROWS = 2**11
"""That are in memory together."""

_LONGEST_TEXT = 2**14
"""Bytes: a record's texts have at most 4096 characters."""

_LIMITS = {"thrift_string_size_limit": 2**24, "thrift_container_size_limit": 2**20}


class Writers:
    """The files of one part, each of which takes rows group by group."""

    def __init__(self) -> None:
        self._sinks = {name: io.BytesIO() for name in NAMES}
        self._rows = dict.fromkeys(NAMES, 0)
        self._writers = {
            name: pq.ParquetWriter(sink, SCHEMAS[name], compression="zstd")
            for name, sink in self._sinks.items()
        }

    def add(self, tables: Mapping[Table, pa.Table]) -> None:
        """Rows of each table."""
        for name, table in tables.items():
            self._rows[name] += len(table)
            if len(table):
                self._writers[name].write_table(table)

    def copy(self, place: Place, month: str, part: Part) -> None:
        """All rows of another part. Raises StoreFault."""
        for name, file in part.files.items():
            for some in batches(place, month, name, file):
                self.add({name: some})

    def put(self, place: Place, month: str) -> dict[Table, File]:
        """Write the files to the store. Raises StoreFault."""
        files: dict[Table, File] = {}
        for name, sink in self._sinks.items():
            self._writers[name].close()
            content = sink.getvalue()
            digest = hashlib.sha256(content).hexdigest()
            file = f"{name}-{digest[:16]}.parquet"
            files[name] = File(name=file, sha256=digest, bytes=len(content), rows=self._rows[name])
            place.put(path(month, files[name]), content)
        return files


def path(month: str, file: File) -> str:
    """Where in the store it lies."""
    return f"{layout.TABLES}/{month}/{file.name}"


def fetch(place: Place, month: str, file: File) -> bytes:
    """The file as it was written. Raises StoreFault."""
    name = path(month, file)
    if file.bytes > MAX_BYTES:
        raise StoreFault(f"{name} is said to have {file.bytes} bytes, as no table has.")
    content = place.get(name, file.bytes)
    if hashlib.sha256(content).hexdigest() != file.sha256:
        raise _useless(month, file, "it has another hash")
    return content


def check(source: Path | io.BytesIO, month: str, name: Table, file: File) -> None:
    """By its footer the file has the table's columns, each of its kind, and the rows that the index
    says. Raises StoreFault where it has not."""
    try:
        found = pq.ParquetFile(source, **_LIMITS)
        known = found.metadata.schema.equals(_columns(name))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _useless(month, file, str(error).partition("\n")[0][:200]) from None
    rows = found.metadata.num_rows
    if not known:
        raise _useless(month, file, f"its columns are not those of {name}")
    if rows != file.rows:
        raise _useless(month, file, f"it has {rows} rows, its index says {file.rows}")


def batches(place: Place, month: str, name: Table, file: File) -> Iterator[pa.Table]:
    """The rows of a file, some at a time. Raises StoreFault."""
    content = fetch(place, month, file)
    check(io.BytesIO(content), month, name, file)
    if not file.rows:
        return
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        path = Path(folder) / "table.parquet"
        path.write_bytes(content)
        # DuckDB, for a footer may lie of what there is to unpack, which PyArrow would not notice.
        with bounded.connection(Path(folder)) as connection:
            try:
                yield from _read(connection, path, name)
            except (duckdb.Error, pa.ArrowException, ValueError) as error:
                raise _useless(month, file, str(error).partition("\n")[0][:200]) from None


def _read(connection: duckdb.DuckDBPyConnection, path: Path, name: Table) -> Iterator[pa.Table]:
    source = f"from read_parquet({text(path)})"
    if texts := [field.name for field in SCHEMAS[name] if field.type == pa.string()]:
        # A text that is stored once may be that of every row.
        lengths = ", ".join(f'max(strlen("{each}"))' for each in texts)
        (longest,) = connection.execute(f"select greatest({lengths}) {source}").fetchall()[0]
        if (longest or 0) > _LONGEST_TEXT:
            raise ValueError(f"a text of it has {longest} bytes, as none has")
    for batch in connection.sql(f"select * {source}").to_arrow_reader(_BATCH_ROWS):
        yield pa.Table.from_batches([batch]).cast(SCHEMAS[name])


@cache
def _columns(name: Table) -> pq.ParquetSchema:
    """What a file's footer says of the table's columns."""
    sink = io.BytesIO()
    pq.write_table(SCHEMAS[name].empty_table(), sink)
    return pq.ParquetFile(sink).metadata.schema


def _useless(month: str, file: File, why: str) -> StoreFault:
    return StoreFault(
        f"{path(month, file)} cannot be used: {why}. Delete {layout.index(month)}, and "
        "`./metalbench store compact` makes the month's tables anew."
    )

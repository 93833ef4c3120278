"""Parquet files of a store: written part by part, and read within bounds by the hash they have."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from bench.store import layout
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store.index import File, Part
from reports.store.schema import NAMES, SCHEMAS, Table

MAX_BYTES = 2 * 2**30
"""Of one file."""

_GROUP_BYTES = 2**28
"""Of a group of rows, unpacked; those that are written here have a tenth of it."""

_BATCH_ROWS, _BATCH_BYTES = 2**14, 2**28
"""That are in memory together; of text a row has at most some kilobytes."""

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


def check(source: Path | io.BytesIO, month: str, name: Table, file: File) -> pq.ParquetFile:
    """The file, opened: by its footer it has the table's columns, each of its kind, and the rows
    that the index says. Raises StoreFault."""
    try:
        found = pq.ParquetFile(source, read_dictionary=_texts(name), **_LIMITS)
        known = found.metadata.schema.equals(_columns(name))
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _useless(month, file, str(error).partition("\n")[0][:200]) from None
    about = found.metadata
    groups = [about.row_group(at).total_byte_size for at in range(about.num_row_groups)]
    if not known:
        raise _useless(month, file, f"its columns are not those of {name}")
    if about.num_rows != file.rows:
        raise _useless(month, file, f"it has {about.num_rows} rows, its index says {file.rows}")
    if max(groups, default=0) > _GROUP_BYTES:
        raise _useless(month, file, f"a group of its rows has {max(groups)} bytes, as none has")
    return found


def batches(place: Place, month: str, name: Table, file: File) -> Iterator[pa.Table]:
    """The rows of a file, some at a time. Raises StoreFault."""
    opened = check(io.BytesIO(fetch(place, month, file)), month, name, file)
    try:
        for batch in opened.iter_batches(_BATCH_ROWS):
            size = sum(_unfolded(column) for column in batch.columns)
            if size > _BATCH_BYTES:
                raise _useless(month, file, f"some rows of it have {size} bytes, as none have")
            yield pa.Table.from_batches([batch]).cast(SCHEMAS[name])
    except StoreFault:
        raise
    except (pa.ArrowException, OSError, ValueError) as error:
        raise _useless(month, file, str(error).partition("\n")[0][:200]) from None


def _unfolded(column: pa.Array) -> int:
    """Bytes of a column once each of its texts stands by itself: a text that is stored once may
    be that of every row."""
    if not isinstance(column, pa.DictionaryArray):
        return int(column.nbytes)
    sizes = pc.take(pc.binary_length(column.dictionary), column.indices)
    return int(pc.sum(sizes).as_py() or 0)


def _texts(name: Table) -> list[str]:
    return [field.name for field in SCHEMAS[name] if field.type == pa.string()]


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

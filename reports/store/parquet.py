"""Parquet files of a store: written part by part, and read within bounds by the hash they have."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Mapping

import pyarrow as pa
import pyarrow.parquet as pq

from bench.store import layout
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store.index import File, Part
from reports.store.schema import NAMES, SCHEMAS, Table

MAX_BYTES = 2 * 2**30
"""Of one file."""

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
            self.add({name: table(fetch(place, month, file), name)})

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
        raise StoreFault(
            f"{name} is damaged: it has another hash. Delete {layout.index(month)}, and "
            "`./metalbench store compact` makes the month's tables anew."
        )
    return content


def table(content: bytes, name: Table) -> pa.Table:
    """The rows in a file's bytes. Raises StoreFault."""
    try:
        return pq.read_table(io.BytesIO(content), **_LIMITS).cast(SCHEMAS[name])
    except (pa.ArrowException, OSError, ValueError) as error:
        first = str(error).partition("\n")[0][:200]
        raise StoreFault(f"a file of the table {name} cannot be used: {first}.") from None

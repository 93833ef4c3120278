"""Tables of another content, with the right hashes, as whoever can write to a store can make."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Callable

import pyarrow as pa
import pyarrow.parquet as pq
from msgspec import structs

from bench.store.places import Place
from reports.store import index, parquet
from reports.store.index import Index
from reports.store.schema import Table


def table(place: Place, name: Table, change: Callable[[pa.Table], pa.Table]) -> None:
    """Another table in every part of the store."""

    def forged(content: bytes) -> bytes:
        sink = io.BytesIO()
        pq.write_table(change(pq.read_table(io.BytesIO(content))), sink, compression="zstd")
        return sink.getvalue()

    file(place, name, forged)


def file(place: Place, name: Table, change: Callable[[bytes], bytes]) -> None:
    """Other bytes in the place of the file of this table, in every part of the store."""
    for month in index.months(place):
        parts = []
        for part in index.read(place, month).parts:
            old = part.files[name]
            content = change(parquet.fetch(place, month, old))
            digest = hashlib.sha256(content).hexdigest()
            new = structs.replace(
                old,
                name=f"{name}-{digest[:16]}.parquet",
                sha256=digest,
                bytes=len(content),
                rows=_rows(content, old.rows),
            )
            place.put(parquet.path(month, new), content)
            parts.append(structs.replace(part, files={**part.files, name: new}))
        index.write(place, month, Index(parts=tuple(parts)))


def scaled(column: str, factor: float) -> Callable[[pa.Table], pa.Table]:
    """Every value of a column that much larger."""

    def change(found: pa.Table) -> pa.Table:
        values = [value and factor * value for value in found[column].to_pylist()]
        return put(column, pa.array(values, found.schema.field(column).type))(found)

    return change


def put(column: str, values: pa.Array) -> Callable[[pa.Table], pa.Table]:
    """Other values in a column, of whatever type."""

    def change(found: pa.Table) -> pa.Table:
        may_lack = bool(found.schema.field(column).nullable or values.null_count)
        field = pa.field(column, values.type, nullable=may_lack)
        return found.set_column(found.schema.get_field_index(column), field, values)

    return change


def _rows(content: bytes, otherwise: int) -> int:
    try:
        return int(pq.ParquetFile(io.BytesIO(content)).metadata.num_rows)
    except (pa.ArrowException, OSError):
        return otherwise

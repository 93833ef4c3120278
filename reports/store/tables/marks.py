"""What rows say of each run, as a number a table: the same in whatever order they stand."""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable

import pyarrow as pa

from reports.store.schema import Table

Marks = dict[str, Counter[Table]]
"""By the hash of a run's records."""

_MOST = 2**256


def add(marks: Marks, name: Table, rows: pa.Table) -> None:
    """Take in rows of a table."""
    columns = [_told(column.to_pylist()) for column in rows.columns]
    for sha256, row in zip(rows["sha256"].to_pylist(), zip(*columns, strict=True), strict=True):
        digest = hashlib.sha256(repr(row).encode(errors="surrogatepass")).digest()
        of = marks.setdefault(sha256, Counter())
        of[name] = (of[name] + int.from_bytes(digest, "big")) % _MOST


def _told(values: Iterable[object]) -> list[object]:
    """Numbers to six digits: the last ones are another processor's."""
    return [f"{value:.6g}" if isinstance(value, float) else value for value in values]

"""The answer of a query: a table for the terminal, or a file of CSV, JSON or Parquet."""

from __future__ import annotations

import csv
import json
import math
import tempfile
import warnings
from collections.abc import Callable, Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from rich.table import Table
from rich.text import Text

from reports.formatting import plain
from reports.render.cells_csv import harmless

MOST_ROWS = 100
"""Of the terminal."""

_AT_ONCE = 10_000

Answer = duckdb.DuckDBPyConnection


def table(answer: Answer) -> tuple[Table, bool]:
    """The first rows, and whether there are more."""
    made = Table()
    for name in _names(answer):
        made.add_column(Text(plain(name, 80)), overflow="fold")
    rows = answer.fetchmany(MOST_ROWS + 1)
    for row in rows[:MOST_ROWS]:
        made.add_row(*(Text(_shown(value)) for value in row))
    return made, len(rows) > MOST_ROWS


def _shown(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "" if value is None else plain(str(value), 400)


def _names(answer: Answer) -> list[str]:
    return [str(name) for name, *_ in answer.description or ()]


def _rows(answer: Answer) -> Iterator[tuple[Any, ...]]:
    while rows := answer.fetchmany(_AT_ONCE):
        yield from rows


def _csv(answer: Answer, path: Path) -> None:
    """What a spreadsheet would take for a formula begins with an apostrophe."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(map(harmless, _names(answer)))
        for row in _rows(answer):
            writer.writerow([harmless(each) if isinstance(each, str) else each for each in row])


def _json(answer: Answer, path: Path) -> None:
    """A list of objects, one a line; what is unknown is absent."""
    names = _names(answer)
    with path.open("w", encoding="utf-8") as file:
        begin = "[\n"
        for row in _rows(answer):
            known = {n: each for n, each in zip(names, row, strict=True) if _is_known(each)}
            file.write(begin + json.dumps(known, default=_plain))
            begin = ",\n"
        file.write("\n]\n" if begin != "[\n" else "[]\n")


def _is_known(value: object) -> bool:
    return value is not None and not (isinstance(value, float) and not math.isfinite(value))


def _plain(value: object) -> object:
    return float(value) if isinstance(value, Decimal) else str(value)


def _parquet(answer: Answer, path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # that the rows are copied once more
        batches: pa.RecordBatchReader = answer.to_arrow_reader(_AT_ONCE)
    with pq.ParquetWriter(path, batches.schema, compression="zstd") as writer:
        for batch in batches:
            writer.write_batch(batch)


FORMATS: dict[str, Callable[[Answer, Path], None]] = {
    "csv": _csv,
    "json": _json,
    "parquet": _parquet,
}


def write(answer: Answer, format: str, path: Path) -> None:
    """All rows, in the place of whatever was there. Raises OSError."""
    with tempfile.TemporaryDirectory(prefix=".metalbench-", dir=path.parent) as folder:
        aside = Path(folder) / "answer"
        FORMATS[format](answer, aside)
        aside.replace(path)

"""DuckDB within bounds: so much memory, disk and threads, and no extension."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

import duckdb

MEMORY = "1GB"
THREADS = 2
ON_DISK = "8GB"
"""What may be put aside."""


@contextlib.contextmanager
def connection(folder: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """An empty database in memory; what does not fit goes into the folder."""
    with duckdb.connect(":memory:") as made:
        for setting in (
            f"memory_limit = '{MEMORY}'",
            f"threads = {THREADS}",
            f"temp_directory = {text(folder / 'aside')}",
            f"max_temp_directory_size = '{ON_DISK}'",
            "autoinstall_known_extensions = false",
            "autoload_known_extensions = false",
            "preserve_insertion_order = false",
            "TimeZone = 'UTC'",
        ):
            with contextlib.suppress(duckdb.CatalogException):  # a setting of an extension
                made.execute(f"set {setting}")
        yield made


def text(path: Path) -> str:
    """A literal of SQL."""
    return "'" + str(path).replace("'", "''") + "'"

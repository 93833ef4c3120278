"""SQL over a store, read only, in bounded memory: DuckDB over four views of its Parquet files.

What a query may do is read the views. It runs with no other file, no network, no extension and no
other statement than one that reads; docs/fleet.md describes the views' columns.
"""

from __future__ import annotations

import contextlib
import tempfile
import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass
from pathlib import Path

import duckdb

from bench.store import objects
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import bounded, files, versions
from reports.store.bounded import text
from reports.store.schema import NAMES, SCHEMAS, Table
from suites.errors import UserError

LONGEST_S = 600.0
"""A query that takes longer is ended."""

_MAY = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)

_SIDE = ("contender", "framework", "version", "device_kind", "device_name", "execution")


class BadQuery(UserError):
    """The SQL cannot be carried out; the message says why."""


@dataclass(frozen=True)
class Opened:
    """A store that can be asked."""

    connection: duckdb.DuckDBPyConnection

    @contextlib.contextmanager
    def ask(self, sql: str, values: Sequence[object] = ()) -> Iterator[duckdb.DuckDBPyConnection]:
        """The answer, to be fetched within. Raises BadQuery."""
        try:
            statements = self.connection.extract_statements(sql)
        except duckdb.Error as error:
            raise _bad(error) from None
        if len(statements) != 1 or statements[0].type not in _MAY:
            raise BadQuery(
                'a query reads, and is one statement. Expected, for example, SQL="select chip, '
                'count(*) from machines group by chip". Nothing in a store can be changed, no '
                "other file be read or written, and no extension be loaded."
            )
        timer = threading.Timer(LONGEST_S, self.connection.interrupt)
        timer.daemon = True
        timer.start()
        try:
            yield self._executed(statements[0], list(values) or None)
        except duckdb.InterruptException:
            raise BadQuery(f"the query took longer than {LONGEST_S:g} s. Ask for less.") from None
        except duckdb.Error as error:
            raise _bad(error) from None
        finally:
            timer.cancel()

    def _executed(
        self, statement: duckdb.Statement, values: Sequence[object] | None
    ) -> duckdb.DuckDBPyConnection:
        """The answer, worked out in a thread: DuckDB itself hears of Ctrl-C now and then only."""
        with ThreadPoolExecutor(1) as pool:
            answer = pool.submit(self.connection.execute, statement, values)
            try:
                while not wait([answer], timeout=0.2).done:
                    pass
            except KeyboardInterrupt:
                self.connection.interrupt()
                raise
            return answer.result()


@contextlib.contextmanager
def opened(place: Place, cache: Path = files.CACHE) -> Iterator[Opened]:
    """The store's views. Raises StoreFault, OSError."""
    objects.check(place)
    found = files.local(place, cache)
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        links = {name: _links(paths, name, Path(folder)) for name, paths in found.items()}
        with bounded.connection(Path(folder)) as connection:
            try:
                _prepare(connection, links)
            except duckdb.Error as error:
                raise StoreFault(
                    f"the tables of {place.url} cannot be read: {str(error)[:200].strip()}. "
                    f"`./metalbench store check {place.url}` says which of them, and what mends it."
                ) from None
            yield Opened(connection)


def _links(paths: Sequence[Path], name: Table, folder: Path) -> list[tuple[Path, Path]]:
    """The files under names in which DuckDB sees no pattern, and where they really are."""
    found = []
    for number, path in enumerate(paths):
        link = folder / f"{name}-{number}.parquet"
        link.symlink_to(path)
        found.append((link, path.resolve()))
    return found


def _prepare(
    connection: duckdb.DuckDBPyConnection,
    links: Mapping[Table, Sequence[tuple[Path, Path]]],
) -> None:
    for name in NAMES:
        connection.execute(f"create view stored_{name} as {_source(name, links[name])}")
    gone = versions.query("select *, '' as key from stored_machines")
    connection.execute(f"create temp table superseded as {gone}")
    for name in NAMES:
        source = _RATIOS if name == "ratios" else f"select * from stored_{name}"
        current = f"select * from ({source}) where sha256 not in (select sha256 from superseded)"
        connection.execute(f"create view {name} as {current}")
    every = (path for pair in links.values() for both in pair for path in both)
    connection.execute(f"set allowed_paths = [{', '.join(map(text, every))}]")
    connection.execute("set enable_external_access = false")
    connection.execute("set lock_configuration = true")


def _source(name: Table, links: Sequence[tuple[Path, Path]]) -> str:
    if links:
        return f"select * from read_parquet([{', '.join(text(link) for link, _ in links)}])"
    columns = (f"null::{_KINDS[str(field.type)]} as {field.name}" for field in SCHEMAS[name])
    return f"select {', '.join(columns)} where false"


_KINDS = {
    "string": "varchar",
    "int64": "bigint",
    "double": "double",
    "bool": "boolean",
    "timestamp[s, tz=UTC]": "timestamptz",
}

# A pair is stored once, with the faster as base; here it stands both ways round.
_TURNED = ", ".join(
    (
        *(f"base_{name} as {name}, {name} as base_{name}" for name in _SIDE),
        "1 / ratio as ratio, 1 / high as low, 1 / low as high",
        "case word when 'slower' then 'faster' when 'faster' then 'slower' else word end as word",
    )
)
_RATIOS = (
    f"select * from stored_ratios union all by name select * replace ({_TURNED}) from stored_ratios"
)


def _bad(error: duckdb.Error) -> BadQuery:
    said = str(error).strip()
    if "disabled by configuration" in said or "disabled through configuration" in said:
        said = "a query reads the store's views and nothing else: no file, address or extension"
    elif isinstance(error, duckdb.OutOfMemoryException):
        most = f"{bounded.MEMORY} of memory and {bounded.ON_DISK} of disk"
        said = f"it takes more than {most}. Ask for less at once"
    # What DuckDB points at stands on a line of its own.
    said = f"{said[:1000]}\n" if "\n" in said else f"{said[:1000].rstrip('.')}. "
    return BadQuery(
        f"the query cannot be carried out: {said}The views are "
        f'{", ".join(NAMES)}; "describe cells" lists the columns of one.'
    )

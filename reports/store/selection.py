"""Parts of a store that are asked for: cells as a frame, and the runs that some are of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from bench import values
from bench.store import beside, objects, places
from bench.store.places import Place
from bench.trust import sidecars
from reports.store import queries
from reports.store.schema import SCHEMAS

MOST_RUNS = 200
"""Of a report, the newest: a page holds 5,000 cells."""


@dataclass(frozen=True)
class Selected:
    """The records of some runs."""

    url: str
    """Of the store."""
    received_at: Mapping[Path, str]
    """Each run's file, and when the store got it, ISO 8601 in UTC; empty where it does not say."""
    of: int
    """How many runs there are of the kind that was asked for."""


def cells(url: str, where: str = "", columns: Sequence[str] = ()) -> pd.DataFrame:
    """The store's cells that the condition of SQL holds for, all columns or these.

    Raises UserError.
    """
    known = SCHEMAS["cells"].names
    chosen = values.choices("column", list(columns), known, "docs/frame.md describes them.")
    listed = ", ".join(f'"{name}"' for name in chosen or known)
    sql = f"select {listed} from cells{_where(where)}"
    with queries.opened(places.at(url)) as store, store.ask(sql) as answer:
        frame: pd.DataFrame = answer.df()
    return frame


def fetched(
    place: Place,
    where: str,
    folder: Path,
    most: int = MOST_RUNS,
    keys: frozenset[str] = frozenset(),
) -> Selected:
    """The records of the newest runs that have such a cell, as files of the folder, with what lies
    beside them, first what these keys made. Raises UserError."""
    sql = (
        "select sha256, max(received_at) as came, count(*) over () as every "
        f"from cells{_where(where)} group by sha256 order by came desc, sha256 limit {most}"
    )
    with queries.opened(place) as store, store.ask(sql) as answer:
        rows = answer.fetchall()
    known = beside.found(place, [sha256 for sha256, _, _ in rows], keys)
    received_at = {}
    for sha256, got in zip(known, beside.fetch(place, known.values()), strict=True):
        path = folder.resolve() / f"{sha256}.jsonl"  # as those who read it name it
        path.write_bytes(objects.fetch(place, sha256))
        sidecars.put(path, got)
        received_at[path] = known[sha256].received_at
    return Selected(place.url, received_at, rows[0][2] if rows else 0)


def _where(condition: str) -> str:
    return f"\nwhere (\n{condition}\n)" if condition.strip() else ""

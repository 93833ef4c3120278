"""What a store's tables and the checks of its runs say, as a site takes it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any

import pandas as pd

from reports.frame import FAULTS
from reports.site import choice
from reports.site.figures import Result, Run
from reports.store.queries import Opened
from reports.trust.tiers import Tier

_CHUNKS = 100
"""Of 2,048 cells each, that are in memory at once."""

_RUN = ("sha256", "run", "machine_id", "machine", "chip", "gpu", "system", "received_at")
"""Columns of the view `machines`, which has a row for each run."""

_RUNS = f"select {', '.join(_RUN)} from machines order by received_at, sha256"

# In quotes, for `case` is a word of SQL too.
_COLUMNS = ", ".join(f'"{name}"' for name in choice.NEEDED)
_CELLS = (
    f"select {_COLUMNS} from cells "
    f"where verified or status in ({', '.join(repr(fault) for fault in FAULTS)})"
)


def received(store: Opened) -> dict[str, dict[str, Any]]:
    """The rows of all runs, by hash. Raises BadQuery."""
    with store.ask(_RUNS) as answer:
        rows = answer.fetchall()
    found = (dict(zip(_RUN, row, strict=True)) for row in rows)
    return {row["sha256"]: row | {"received_at": _moment(row["received_at"])} for row in found}


def cells(store: Opened) -> Iterator[pd.DataFrame]:
    """All cells with a time or a fault, part by part. Raises BadQuery."""
    with store.ask(_CELLS) as answer:
        while len(part := answer.fetch_df_chunk(_CHUNKS)):
            yield part


def runs(
    rows: Mapping[str, Mapping[str, Any]], tiers: Mapping[str, Tier], least: str = ""
) -> Iterator[Run]:
    """The runs that have a tier; `least` is the check that all of them must meet."""
    for sha256, row in rows.items():
        tier = tiers.get(sha256)
        if tier is not None and (not least or tier.meets(least)):
            yield _run(row, tier)


def _run(row: Mapping[str, Any], tier: Tier) -> Run:
    each = {cell: tier.of(*cell) for cell in tier.results}
    return Run(
        sha256=row["sha256"],
        run=row["run"],
        machine_id=row["machine_id"],
        label=row["machine"],
        chip=row["chip"] or "",
        gpu=row["gpu"] or "",
        system=row["system"],
        received_at=row["received_at"],
        tier=tier.word,
        rank=tier.rank,
        reason=tier.reason,
        against=tier.against is not None,
        results={cell: Result(own.word, own.against is not None) for cell, own in each.items()},
    )


def _moment(value: datetime) -> str:
    """UTC, to the second."""
    return value.isoformat(timespec="seconds")

"""What the records of a store's runs and the checks of them say, as a site takes it.

The tables of the store, which anybody may have written who can write to it, play no part.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from reports.frame import FAULTS
from reports.site import choice
from reports.site.figures import Result, Run
from reports.store import versions
from reports.store.schema import SCHEMAS
from reports.store.tables import rows
from reports.store.unpacking import Stored
from reports.trust.stored import Judged
from reports.trust.tiers import Tier


class Intake:
    """Takes runs batch by batch, and keeps what pages may show of them."""

    def __init__(self) -> None:
        self._cells: list[pa.Table] = []
        self._machines: list[pa.Table] = []
        self.lost: dict[str, str] = {}
        """Runs that no rows could be made of, by hash: why."""

    def take(self, batch: Sequence[Stored]) -> None:
        """The records of some runs."""
        for made in rows.each(batch, self.lost, ("cells", "machines")):
            cells = made.tables["cells"].select(list(choice.NEEDED))
            faulty = pc.is_in(cells["status"], pa.array(list(FAULTS)))
            self._cells.append(cells.filter(pc.or_(cells["verified"], faulty)))
            self._machines.append(made.tables["machines"])

    def cells(self) -> Iterator[pd.DataFrame]:
        """All cells with a time or a fault, part by part."""
        return (part.to_pandas() for part in self._cells)

    def runs(self, judged: Judged, least: str = "") -> Iterator[Run]:
        """The runs that have a tier and give way to no other version; `least` is the check that
        all of them must meet."""
        machines = pa.concat_tables([SCHEMAS["machines"].empty_table(), *self._machines])
        told = {
            sha256: tier for sha256, tier in judged.tiers.items() if not least or tier.meets(least)
        }
        shown = machines.filter(pc.is_in(machines["sha256"], pa.array(told, pa.string())))
        gone = versions.superseded(shown, judged.keys)
        for row in shown.to_pylist():
            if row["sha256"] not in gone:
                yield _run(row, told[row["sha256"]])


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
        received_at=_moment(row["received_at"]),
        tier=tier.word,
        rank=tier.rank,
        reason=tier.reason,
        against=tier.against is not None,
        results={cell: Result(own.word, own.against is not None) for cell, own in each.items()},
    )


def _moment(value: datetime) -> str:
    """UTC, to the second."""
    return value.isoformat(timespec="seconds")

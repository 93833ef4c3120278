"""Which figures of a store a site shows, of all that its runs hold.

Of a machine's runs that have a figure the most trusted counts, and of these the newest: what is
trusted less never takes the place of what is trusted more. A result that something speaks against
is no figure; its run is listed with what that is. A site takes the names it uses from here alone,
so what others wrote is checked and bounded here.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd

from reports.formatting import plain
from reports.frame import FAULTS, NULL
from reports.ingest.machine_names import family
from reports.site.figures import Figure, Machine, Run

MACHINE_ID = re.compile(r"[0-9a-f]{12}")
_SHA256 = re.compile(r"[0-9a-f]{64}")

MOST_FIGURES = 5_000
"""Of one machine's page: some 1.5 MB."""

_LONGEST_S = 1e9

KEY = ["machine_id", "case", "precision", "framework", "device_kind"]
"""What has one figure."""

NEEDED = (*Figure._fields, "verified")
"""Columns of cells."""


def machines(cells: Iterable[pd.DataFrame], runs: Sequence[Run]) -> tuple[Machine, ...]:
    """Every machine with a run, that of the newest run first.

    The cells come part by part, and of each only what may count is kept. They have the columns
    of NEEDED; rows of runs that are not among `runs` do not count.
    """
    sound = [each for each in map(_clean, runs) if each is not None]
    newest = sorted(sound, key=lambda each: (each.received_at, each.sha256), reverse=True)
    figures = _figures(cells, newest)
    grouped: dict[str, list[Run]] = {}
    for each in newest:
        grouped.setdefault(each.machine_id, []).append(each)
    return tuple(_machine(mine, figures.get(name, ())) for name, mine in grouped.items())


def _clean(run: Run) -> Run | None:
    """The run with its texts bounded; None where its names are no names of ours."""
    if not (_SHA256.fullmatch(run.sha256) and MACHINE_ID.fullmatch(run.machine_id)):
        return None
    return replace(
        run,
        run=plain(run.run, 80),
        label=plain(run.label, 80) or "a machine without a name",
        chip=plain(run.chip, 60),
        gpu=plain(run.gpu, 80),
        system=plain(run.system, 40),
        received_at=plain(run.received_at, 40),
        tier=plain(run.tier, 30),
        reason=plain(run.reason, 300),
    )


def _machine(runs: Sequence[Run], figures: Sequence[Figure]) -> Machine:
    # Of several as good the newest, which come first.
    told = max(runs, key=lambda each: (not each.against, each.rank))
    gpus = [told.gpu] if told.gpu else []
    return Machine(
        told.machine_id,
        *(told.label, told.chip or told.label, told.gpu, told.system),
        family(gpus, told.system),
        tuple(runs),
        tuple(figures[:MOST_FIGURES]),
        len(figures[MOST_FIGURES:]),
    )


# --- which figures count ----------------------------------------------------------------------


def _figures(cells: Iterable[pd.DataFrame], newest: Sequence[Run]) -> dict[str, list[Figure]]:
    """The figures of each machine."""
    order = pd.DataFrame(
        {
            # Whose a figure is, its run says; a row's own word does not count.
            "machine_id": [run.machine_id for run in newest],
            "_rank": [-run.rank for run in newest],
            "_order": range(len(newest)),
        },
        index=pd.Index([run.sha256 for run in newest], dtype="object"),
    )
    kept: pd.DataFrame | None = None
    for part in cells:
        rows = _that_may_count(part, order, newest)
        rows = rows if kept is None else pd.concat([kept, rows], ignore_index=True)
        rows = rows.sort_values(["_rank", "_order", "time_s", "contender"], kind="stable")
        kept = rows.drop_duplicates(KEY)
    found: dict[str, list[Figure]] = {}
    if kept is not None:
        for figure in _typed(kept.sort_values(_ORDER, kind="stable")):
            found.setdefault(figure.machine_id, []).append(figure)
    return found


def _that_may_count(cells: pd.DataFrame, order: pd.DataFrame, runs: Sequence[Run]) -> pd.DataFrame:
    """The rows with a time or a fault, and how their runs stand."""
    rows = cells[cells["sha256"].isin(order.index) & (cells["framework"] != NULL)]
    rows = rows[~_doubted(rows, runs)]
    timed = rows["time_s"].to_numpy(dtype="float64", na_value=np.nan)
    right = rows["verified"].to_numpy(dtype=bool) & (timed > 0) & (timed <= _LONGEST_S)
    sized = (rows["size"] > 0).to_numpy()
    kept = sized & (right | rows["status"].isin(FAULTS).to_numpy())
    added = {name: rows["sha256"].map(order[name]) for name in order.columns}
    return rows.assign(
        time_s=np.where(right, timed, np.nan), status=np.where(right, "ok", rows["status"]), **added
    )[kept]


def _doubted(rows: pd.DataFrame, runs: Sequence[Run]) -> np.ndarray[Any, np.dtype[np.bool_]]:
    """Which rows are results that something speaks against: one's own tier, else that of its run,
    tells."""
    own = {
        (run.sha256, *cell): result.against for run in runs for cell, result in run.results.items()
    }
    whole = {run.sha256: run.against for run in runs}
    keys = zip(rows["sha256"], rows["contender"], rows["case"], strict=True)
    found = (own.get(key, whole[key[0]]) for key in keys)
    return np.fromiter(found, dtype=bool, count=len(rows))


_ORDER = [
    *("suite", "name", "size", "precision", "case", "definition_sha256"),
    *("time_s", "framework", "device_kind", "contender"),
]
"""Of a machine's figures: those that compare stand together, the fastest first."""

_LENGTHS = {
    "contender": 200,
    "case": 120,
    "spec": 80,
    "size_of": 40,
    "execution": 30,
    "version": 40,
}
"""Characters of a text; of all others 60."""

_NUMBERS = ("time_s", "low_s", "high_s")


def _typed(rows: pd.DataFrame) -> Iterator[Figure]:
    columns = []
    for name in Figure._fields:
        column = rows[name]
        if name in _NUMBERS:
            columns.append(column.to_numpy(dtype="float64", na_value=np.nan).tolist())
        elif name == "size":
            columns.append(column.to_numpy(dtype="int64").tolist())
        else:
            columns.append(_texts(column, _LENGTHS.get(name, 64)))
    yield from map(Figure._make, zip(*columns, strict=True))


def _texts(column: pd.Series, limit: int) -> list[str]:
    """Bounded and printable; each that differs is looked at once."""
    codes, known = pd.factorize(column)
    cleaned = [plain(str(each), limit) for each in known]
    return [cleaned[code] if code >= 0 else "" for code in codes.tolist()]

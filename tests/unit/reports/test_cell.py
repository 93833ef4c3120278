"""Typed cells say what the frame says, and verified ones that they have a time."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from reports.cell import Cell, VerifiedCell
from reports.frame import Results, read
from tests.helpers import builders


def results(folder: Path) -> Results:
    return read([builders.write(folder / "records.jsonl", builders.run())])


def test_a_cell_has_a_field_for_each_column_of_the_frame(tmp_path: Path) -> None:
    found = results(tmp_path)
    assert set(Cell._fields) == set(found.cells.columns)


def test_cells_hold_what_the_frame_holds_and_none_for_what_it_lacks(tmp_path: Path) -> None:
    found = results(tmp_path)
    cells = [cell for rows in found.rows.values() for cell in rows]
    assert len(cells) == len(found.cells)
    for cell, (_, row) in zip(cells, found.cells.iterrows(), strict=True):
        for name in Cell._fields:
            value = getattr(cell, name)
            assert (value is None) == bool(pd.isna(row[name])), name
            assert value is None or value == row[name], name


def test_only_verified_cells_promise_a_time(tmp_path: Path) -> None:
    cells = [cell for rows in results(tmp_path).rows.values() for cell in rows]
    assert {isinstance(cell, VerifiedCell) for cell in cells} == {True, False}
    for cell in cells:
        assert isinstance(cell, VerifiedCell) == cell.verified
        promised = (cell.time_s, cell.rounds, cell.starts, cell.samples, cell.flop_per_s)
        assert not cell.verified or None not in promised

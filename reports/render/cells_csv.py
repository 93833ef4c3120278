"""Cells as CSV: a line a row whatever texts hold, and no cell that a spreadsheet would run."""

from __future__ import annotations

import re
from pathlib import Path

import pandas as pd

FORMULA = re.compile(r"[\s'\"]*[=+\-@\uff0b\uff0d\uff1d\uff20]")
"""How a text begins that spreadsheets take for a formula, also behind what some of them drop; the
last four are the wide forms of the first."""


_AT_ONCE = 10_000
"""Rows whose texts are in memory at a time."""


def write(cells: pd.DataFrame, path: Path) -> None:
    """Write the frame. Numbers are exact, negative ones too; texts are made safe."""
    with path.open("w", encoding="utf-8", newline="") as file:
        for begin in range(0, max(len(cells), 1), _AT_ONCE):
            piece = _madeharmless(cells.iloc[begin : begin + _AT_ONCE])
            piece.to_csv(file, index=False, header=begin == 0, lineterminator="\n")


def _madeharmless(cells: pd.DataFrame) -> pd.DataFrame:
    safe = cells.copy(deep=False)
    for name, column in cells.items():
        if not pd.api.types.is_numeric_dtype(column):
            safe[name] = column.map(harmless, na_action="ignore")
    return safe


def harmless(value: object) -> str:
    """One line; after an apostrophe where it might be a formula, so that it is shown as it is."""
    text = "".join(character if character.isprintable() else " " for character in str(value))
    return f"'{text}" if FORMULA.match(text) else text

"""The cells and slices that findings look at."""

from __future__ import annotations

import pandas as pd

from reports.frame import NULL, Results
from reports.ingest.slices import KEY


def measured(results: Results) -> pd.DataFrame:
    """Verified cells that do some work."""
    cells = results.cells
    return cells[cells["verified"] & (cells["framework"] != NULL)]


def planned_contenders(results: Results) -> set[tuple[str, str]]:
    """Run and contender of all planned cells, measured or not."""
    return set(zip(results.cells["run"], results.cells["contender"], strict=True))


def of_measured(results: Results) -> pd.DataFrame:
    """Their slices, in the order they were taken."""
    return results.slices.merge(measured(results)[KEY], on=KEY)

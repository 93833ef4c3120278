"""CPU time of a step by round, where bench/statistics/cpu_time.py says that it tells more."""

from __future__ import annotations

import pandas as pd

from bench.statistics.cpu_time import COMPANY, LONG_S
from bench.statistics.estimates import Series
from reports.ingest import rounds
from reports.ingest.slices import KEY, Key


def by_round(cells: pd.DataFrame, slices: pd.DataFrame) -> dict[Key, Series]:
    """CPU seconds of a step by round, of the cells whose wall time others spoil."""
    fit = cells["verified"] & (cells["device_kind"] == "cpu") & (cells["threads"] == 1)
    fit &= (cells["time_s"] >= LONG_S) & (cells["others_cpu_s"] > COMPANY * cells["wall_s"])
    keys = set(cells.loc[fit, KEY].itertuples(index=False, name=None))
    if not keys:
        return {}
    found = {}
    for key, mine in rounds.latest(slices).groupby(KEY, sort=False):
        used_s = (mine["cpu_user_s"] + mine["cpu_system_s"]) / mine["steps"]
        if key in keys and bool((used_s > 0).all()):
            columns = mine["round"], used_s, mine["start"]
            found[key] = Series(*(column.to_numpy() for column in columns))
    return found

"""CPU time of a step, where it tells what wall time cannot: long steps of one thread, in company.

A step longer than the system's time slice is interrupted whenever another program wants the core,
so its wall time tells 3 % in 6 % of comparisons at any number of starts up to 30, and its CPU time
in 72 % at 10 starts and 95 % at 20, none of them falsely. With several threads the sum of their CPU
time says nothing of how long a step takes, so it is not asked there.
"""

from __future__ import annotations

import pandas as pd

from bench.statistics.estimates import Series
from reports.ingest import rounds
from reports.ingest.slices import KEY, Key

LONG_S = 0.004
"""A step that a system's time slice does not hold."""

COMPANY = 0.25
"""Cores that other programs use, from which on they interrupt."""


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

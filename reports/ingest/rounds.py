"""What each cell's rounds come to: its time, its interval, its sums."""

from __future__ import annotations

import numpy as np
import pandas as pd

from bench.statistics import estimates as statistics
from reports.ingest.slices import KEY, LARGEST, SUMMED

_FENCE = 1.5
"""Interquartile ranges beyond the quartiles at which a value is an outlier (Tukey, 1977)."""


_NEEDED = (
    *("cell", "round", "start", "samples", "median_s", "latency_s"),
    *(*SUMMED, *LARGEST),
)
"""Columns of numbers that estimates are made of."""


def latest(slices: pd.DataFrame) -> pd.DataFrame:
    """A round measured again counts once, as it was measured last."""
    again = slices.duplicated(["cell", "round"], keep="last")
    return slices[~again] if again.any() else slices


def estimates(slices: pd.DataFrame) -> pd.DataFrame:
    """Estimates and sums, a row for each cell that has slices."""
    needed = slices[list(_NEEDED)]  # a copy in order of all takes thrice the memory
    last = latest(needed).sort_values("cell", kind="stable")
    last["metered_s"] = last["wall_s"].where(last["energy_j"].notna() & (last["wall_s"] > 0))
    last["energy_j"] = last["energy_j"].where(last["metered_s"].notna())
    groups = last.groupby("cell")
    counts = groups.size().to_numpy()
    medians_s = last["median_s"].to_numpy()
    by_round = statistics.locations(medians_s, counts)
    starts = groups["start"].nunique()
    found = statistics.locations(*_independent(last), correlated=(starts == 1).to_numpy())
    table = groups[[*SUMMED, "metered_s"]].sum(min_count=1).join(groups[list(LARGEST)].max())
    keys = slices[["cell", *KEY]].drop_duplicates("cell").set_index("cell").sort_index()
    return (
        keys.join(table)
        .assign(
            time_s=found.value_s,
            low_s=found.low_s,
            high_s=found.high_s,
            spread=by_round.spread,
            outliers=outliers(medians_s, counts),
            latency_s=groups["latency_s"].median(),
            energy_sampled=groups["energy_sampled"].max() > 0,
            rounds=counts,
            starts=starts,
            samples=groups["samples"].sum(),
        )
        .reset_index(drop=True)
    )


def outliers(values: statistics.Floats, counts: statistics.Integers) -> statistics.Integers:
    """How many of the consecutive groups of `counts` values lie beyond Tukey's fences, each.

    They count like all others.
    """
    first, third = (statistics.quantiles(values, counts, share) for share in (0.25, 0.75))
    reach = _FENCE * (third - first)
    low, high = (np.repeat(end, counts) for end in (first - reach, third + reach))
    begin = np.cumsum(counts) - counts
    beyond = ((values < low) | (values > high)).astype(np.int64)
    return np.add.reduceat(beyond, begin) if len(begin) else beyond


def _independent(latest: pd.DataFrame) -> tuple[statistics.Floats, statistics.Integers]:
    """The independent values of each cell, and how many: its rounds, or its starts' medians."""
    starts = latest.groupby("cell")["start"]
    several = starts.transform("min") != starts.transform("max")
    unit = latest["start"].where(several, latest["round"])
    medians_s = latest.assign(unit=unit).groupby(["cell", "unit"])["median_s"].median()
    return medians_s.to_numpy(), medians_s.groupby(level="cell").size().to_numpy()

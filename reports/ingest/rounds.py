"""Slices as a table, and what each cell's rounds come to: its time, its interval, its sums."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from bench.statistics import estimates as statistics
from reports.ingest.reading import KEY, Gathered

_SUMMED = ("cpu_user_s", "cpu_system_s", "wall_s", "sampled_s", "others_cpu_s", "energy_j")
_LARGEST = ("peak_resident_bytes", "device_memory_bytes", "device_peak_bytes")
_WATCHED = (
    *("steps_in_flight", "at_s", "sentinel_s", "device_sentinel_s", "compilations"),
    *("host_s", "host_cpu_s", "device_busy", "warmed_s", "apart_s", "audit_s", "audit_steps"),
)

_FENCE = 1.5
"""Interquartile ranges beyond the quartiles at which a value is an outlier (Tukey, 1977)."""


def table(gathered: Gathered) -> pd.DataFrame:
    """A row for each slice, in the order they were measured."""
    keys = [key for key, _ in gathered.slices]
    records = [record for _, record in gathered.slices]
    columns: dict[str, Any] = {
        name: pd.Series([key[at] for key in keys], dtype="str") for at, name in enumerate(KEY)
    }
    columns["round"] = np.array([record.round for record in records], dtype=np.int64)
    columns["start"] = np.array([record.start or 0 for record in records], dtype=np.int64)
    columns["steps_per_sample"] = [record.steps_per_sample for record in records]
    columns["samples"] = np.array([len(record.samples_s) for record in records], dtype=np.int64)
    # Beyond what 64 bits hold only a forged record gets: as a float it stays in range.
    columns["steps"] = [float(r.steps_per_sample) * len(r.samples_s) for r in records]
    columns["median_s"] = _medians([record.samples_s for record in records])
    columns["latency_s"] = _medians([record.latencies_s for record in records])
    for name in (*_SUMMED, *_LARGEST, *_WATCHED):
        columns[name] = np.array([getattr(record, name) for record in records], dtype=float)
    columns["peak_resident_of"] = [record.peak_resident_of for record in records]
    columns["samples_s"] = pd.Series([record.samples_s for record in records], dtype=object)
    return pd.DataFrame(columns)


def _medians(samples: Sequence[tuple[float, ...]]) -> statistics.Floats:
    counts = np.array([len(each) for each in samples], dtype=np.int64)
    values = np.fromiter((value for each in samples for value in each), dtype=float)
    return statistics.medians(values, counts)


def latest(slices: pd.DataFrame) -> pd.DataFrame:
    """A round measured again counts once, as it was measured last."""
    return slices.drop_duplicates([*KEY, "round"], keep="last")


def estimates(slices: pd.DataFrame) -> pd.DataFrame:
    """Estimates and sums, a row for each cell that has slices."""
    last = latest(slices).sort_values(KEY, kind="stable")
    last["metered_s"] = last["wall_s"].where(last["energy_j"].notna() & (last["wall_s"] > 0))
    last["energy_j"] = last["energy_j"].where(last["metered_s"].notna())
    groups = last.groupby(KEY)
    counts = groups.size().to_numpy()
    by_round = statistics.locations(last["median_s"].to_numpy(), counts)
    starts = groups["start"].nunique()
    found = statistics.locations(*_independent(last), correlated=(starts == 1).to_numpy())
    table = groups[[*_SUMMED, "metered_s"]].sum(min_count=1).join(groups[list(_LARGEST)].max())
    return table.assign(
        time_s=found.value_s,
        low_s=found.low_s,
        high_s=found.high_s,
        spread=by_round.spread,
        outliers=groups["median_s"].agg(lambda rounds_s: outliers(rounds_s.to_numpy())),
        latency_s=groups["latency_s"].median(),
        rounds=counts,
        starts=starts,
        samples=groups["samples"].sum(),
    ).reset_index()


def outliers(values: statistics.Floats) -> int:
    """How many values lie beyond Tukey's fences. They count like all others."""
    first, third = np.quantile(values, (0.25, 0.75))
    reach = _FENCE * (third - first)
    return int(np.count_nonzero((values < first - reach) | (values > third + reach)))


def _independent(latest: pd.DataFrame) -> tuple[statistics.Floats, statistics.Integers]:
    """The independent values of each cell, and how many: its rounds, or its starts' medians."""
    starts = latest.groupby(KEY)["start"]
    several = starts.transform("min") != starts.transform("max")
    unit = latest["start"].where(several, latest["round"])
    medians_s = latest.assign(unit=unit).groupby([*KEY, "unit"])["median_s"].median()
    return medians_s.to_numpy(), medians_s.groupby(level=KEY).size().to_numpy()

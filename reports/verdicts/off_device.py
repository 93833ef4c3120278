"""Signs that a contender which claims a GPU computes on the CPU, each with what makes it sure.

One that is sure makes its cells suspect (`reports/findings/device_guards.py`); two signs, one of
them sure, make them untimed (`reports/verdicts/untimed.py`).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pandas as pd

from reports.formatting import digits, percent
from reports.ingest.slices import KEY

LONG_S = 1e-3
"""Shorter steps are their dispatch's: that is work of the CPU on every device."""

ONE_CORE = 1.1
CORES = 1.5
"""A thread that dispatches and waits uses one core. More is a sign, so many are surely work."""

TICKS_S = 2 * 0.01
"""CPU time is counted in ticks of 10 ms, a program's own and the system's for it each by itself: so
much of what a request shows may be an earlier one's."""

IDLE = 0.05
SURELY_IDLE = 0.01
"""Shares of the time in which the GPU had work. Small kernels behind a slow dispatch may fill no
more than some percent; none at all is no work, and other programs could only add to it."""

WATCHED_S = 0.5
"""Seconds of samples that the driver's counter must have seen: it looks back by up to a second."""

ALIKE = 0.03
ALIKE_CASES = 3
"""Different devices meet within that by accident once, hardly in so many cases and no other."""


@dataclass(frozen=True)
class Sign:
    """What was seen of one contender."""

    kind: str
    run: str
    contender: str
    cases: tuple[str, ...]
    said: str
    """What it does, as in `uses 1.9 CPU cores while its GPU is timed`."""
    sure: bool = True
    everywhere: bool = False
    """It speaks of all cells of the contender, not only of these cases."""


def signs(cells: pd.DataFrame, slices: pd.DataFrame) -> Iterator[Sign]:
    """All signs in these measured cells and their slices."""
    long = long_cells(cells)
    on_gpu = long[long["device_kind"] == "gpu"]
    own = slices.merge(on_gpu[KEY], on=KEY)
    yield from _cores(on_gpu, own)
    yield from _idle(own)
    yield from _empty(cells[cells["device_kind"] == "gpu"])
    yield from _same_time(long)


def long_cells(cells: pd.DataFrame) -> pd.DataFrame:
    """Cells whose time is the device's by intention: long, and without work of the host, such as
    preparing batches or compiling. Work of which a record does not say it may hold some."""
    return cells[(cells["time_s"] >= LONG_S) & ~cells["host_work"].fillna(True).astype(bool)]


def _cores(cells: pd.DataFrame, slices: pd.DataFrame) -> Iterator[Sign]:
    """Workers that compute on the CPU while their GPU is timed: by their own count during samples,
    or by the host's during requests without an audit, whose arrays are made on the CPU."""
    own = (cells["cpu_user_s"] + cells["cpu_system_s"]) / cells["sampled_s"]
    plain_ones = slices[slices["audit_s"].isna() & (slices["host_s"] > 0)]
    least = plain_ones.assign(host_cpu_s=(plain_ones["host_cpu_s"] - TICKS_S).clip(lower=0))
    sums = least.groupby(KEY, sort=False)[["host_cpu_s", "host_s"]].sum(min_count=1)
    counted = (sums["host_cpu_s"] / sums["host_s"]).rename("counted").reset_index()
    both = cells[KEY].assign(own=own).merge(counted, on=KEY, how="left")
    used = both.assign(cores=both[["own", "counted"]].max(axis=1))
    for least, most, sure in ((CORES, np.inf, True), (ONE_CORE, CORES, False)):
        some = used[(used["cores"] > least) & (used["cores"] <= most)]
        for (run, contender), mine in some.groupby(["run", "contender"], sort=False):
            said = f"uses {digits(mine['cores'].max(), 2)} CPU cores while its GPU is timed"
            yield Sign("cores", run, contender, tuple(mine["case"]), said, sure)


def _idle(slices: pd.DataFrame) -> Iterator[Sign]:
    """GPUs without work during most slices of a step, by their driver's count."""
    watched = slices[slices["device_busy"].notna()]
    table = watched[KEY].assign(
        busy_s=watched["device_busy"] * watched["sampled_s"],
        watched_s=watched["sampled_s"],
        idle=watched["device_busy"] < IDLE,
    )
    cells = table.groupby(KEY, sort=False).agg(
        busy_s=("busy_s", "sum"), watched_s=("watched_s", "sum"), idle=("idle", "mean")
    )
    idle = cells[cells["idle"] > 0.5].reset_index()
    for (run, contender), mine in idle.groupby(["run", "contender"], sort=False):
        watched_s = mine["watched_s"].sum()
        if watched_s >= WATCHED_S:
            busy = mine["busy_s"].sum() / watched_s
            said = f"left its GPU without work, {percent(busy)} busy by its driver's count"
            sure = bool(busy < SURELY_IDLE)
            yield Sign("idle", run, contender, tuple(mine["case"]), said, sure)


def _empty(cells: pd.DataFrame) -> Iterator[Sign]:
    """GPU contenders whose device memory stays empty, by their own count."""
    most = cells[["device_memory_bytes", "device_peak_bytes"]].max(axis=1)
    for (run, contender), mine in cells[most.notna()].groupby(["run", "contender"], sort=False):
        # One kind of work alone may hold nothing between slices: products of drawn operands do.
        if mine[["suite", "name"]].drop_duplicates().shape[0] > 1 and not most[mine.index].any():
            said = "counts 0 bytes of device memory in every case"
            yield Sign("empty", run, contender, tuple(mine["case"]), said, everywhere=True)


def _same_time(long: pd.DataFrame) -> Iterator[Sign]:
    """A framework that takes as long on its GPU as on the CPU, in every long case."""
    same = ["run", "spec", "execution", "precision", "case"]
    pairs = long[long["device_kind"] == "cpu"].merge(
        long[long["device_kind"] == "gpu"], on=same, suffixes=("_cpu", "_gpu")
    )
    alike = (pairs["time_s_gpu"] / pairs["time_s_cpu"] - 1).abs() < ALIKE
    pairs = pairs.assign(alike=alike)
    for (run, _, gpu), mine in pairs.groupby(["run", "contender_cpu", "contender_gpu"], sort=False):
        if len(mine) >= ALIKE_CASES and mine["alike"].all():
            said = (
                f"takes as long on the GPU as on the CPU, within {percent(ALIKE)}, in all "
                f"{len(mine)} cases of a millisecond or more"
            )
            yield Sign("same time", run, gpu, tuple(mine["case"]), said, everywhere=True)

"""Results as tables: one tidy row a cell, one a slice, units in the columns' names.

from reports.frame import load
cells = load([Path("results")]).cells
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from bench import statistics
from bench.records import NotRecords
from bench.schema import Failed, Run, Runtime, Verified
from bench.statistics import Estimate
from reports.reading import Absent, Gathered, Key, LeftOut, gather, why

NULL = "null"
"""The adapter that returns prepared answers; it measures the harness and is ranked nowhere."""

KEY = ["run", "contender", "case"]

STATUSES = {
    "ok": "verified",
    "wrong": "wrong",
    "failed": "failed",
    "incomplete": "unfinished",
    "skipped": "skipped",
}
"""Every status of a cell, in the order and words of reports."""

MAX_CELLS = 200_000
"""Cells a report may plan; a run of all suites on ten frameworks has some thousands."""

_SUMMED = ("cpu_user_s", "cpu_system_s", "wall_s", "sampled_s", "others_cpu_s")
_LARGEST = ("peak_resident_bytes", "device_memory_bytes", "device_peak_bytes")


@dataclass(frozen=True)
class Results:
    """What record files hold. Cells that nothing is known about have empty fields, never zeros."""

    cells: pd.DataFrame
    """Planned cells, measured or not: `status` is ok, wrong, failed, skipped or incomplete."""
    slices: pd.DataFrame
    """Raw slices in the order they were measured; `samples_s` holds tuples."""
    runs: Mapping[str, Run]
    runtimes: Mapping[tuple[str, str], Runtime]
    """By run and contender; the last start counts."""
    absent: Sequence[Absent]
    failures: Mapping[Key, Failed]
    """By run, contender and reason."""
    left_out: Sequence[LeftOut]

    def ratio(self, run: str, case: str, contender: str, base: str) -> Estimate | None:
        """How many times as long as `base` the contender takes, paired by round."""
        own, other = self._rounds[run, contender, case], self._rounds[run, base, case]
        return statistics.ratio(*own, *other)

    @cached_property
    def _rounds(self) -> dict[Key, tuple[Any, Any]]:
        """Round numbers and their medians, by cell."""
        latest = _latest(self.slices)
        rounds, times = latest["round"].to_numpy(), latest["median_s"].to_numpy()
        groups = latest.groupby(KEY, sort=False).indices
        return {key: (rounds[at], times[at]) for key, at in groups.items()}


def load(paths: Sequence[Path]) -> Results:
    """The records of files, of run folders, or of folders of runs. Raises NotRecords, OSError."""
    gathered = gather(paths)
    cells, slices = _planned(gathered), _slices(gathered)
    cells = cells.merge(_measured(slices), how="left", on=KEY, validate="one_to_one")
    cells.loc[cells["verified"] & cells["time_s"].isna(), ["verified", "status", "reason"]] = (
        *(False, "incomplete"),
        "its slices cannot be read",
    )
    cells["flop_per_s"] = cells["flop"] / cells["time_s"]
    cells["bytes_per_s"] = cells["traffic_bytes"] / cells["time_s"]
    return Results(
        cells=cells,
        slices=slices,
        runs=gathered.runs,
        runtimes=gathered.runtimes,
        absent=gathered.absent,
        failures=gathered.failures,
        left_out=gathered.left_out,
    )


# --- planned cells ----------------------------------------------------------------------------


def _planned(gathered: Gathered) -> pd.DataFrame:
    """A row for each contender at each case: what it is, and how it ended."""
    count = sum(len(run.contenders) * len(run.cases) for run in gathered.runs.values())
    if count > MAX_CELLS:
        raise NotRecords(f"these records plan {count} cells. Expected at most {MAX_CELLS}.")
    whole = {(absent.run, absent.contender): absent for absent in gathered.absent}
    rows = []
    for name, run in gathered.runs.items():
        cases = {case.case: case for case in run.cases}
        for contender in {each.contender: each for each in run.contenders}.values():
            runtime = gathered.runtimes.get((name, contender.contender))
            fixed = {
                "run": name,
                "machine": run.machine.label,
                "contender": contender.contender,
                "framework": contender.framework,
                "version": next(iter(runtime.versions.values()), None) if runtime else None,
                "spec": contender.spec,
                "device": contender.device,
                "device_kind": contender.device_kind,
                "device_name": contender.device_name,
                "precision": contender.precision,
                "execution": contender.execution,
                "threads": (runtime and runtime.threads) or contender.threads,
                "outside": contender.outside,
            }
            for case in cases.values():
                key = name, contender.contender, case.case
                rows.append(
                    fixed
                    | {
                        "suite": case.suite,
                        "case": case.case,
                        "name": case.name,
                        "size": case.size,
                        "flop": case.flop,
                        "traffic_bytes": case.traffic_bytes.get(contender.precision),
                    }
                    | _ending(gathered, key, whole.get(key[:2]))
                )
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_TYPES)


_COLUMNS = (
    *("run", "machine", "contender", "framework", "version", "spec", "device", "device_kind"),
    *("device_name", "precision", "execution", "threads", "outside", "suite", "case", "name"),
    *("size", "flop", "traffic_bytes", "status", "reason", "verified", "stopped"),
    *("build_s", "first_step_s"),
)
_TYPES = (
    dict.fromkeys(KEY, "str")
    | dict.fromkeys(("flop", "traffic_bytes", "build_s", "first_step_s"), "float64")
    | dict.fromkeys(("verified", "outside"), "bool")
)


def _ending(gathered: Gathered, key: Key, whole: Absent | None) -> dict[str, Any]:
    """How the cell came out, and its one-off figures."""
    looks = gathered.verified.get(key, [])
    finished = gathered.finished.get(key)
    status, reason = _status(gathered, key, looks, whole)
    before = next((look for look in reversed(looks) if look.phase == "before"), None)
    return {
        "status": status,
        "reason": reason,
        "verified": status == "ok",
        "stopped": finished.stopped if finished else None,
        "build_s": before.build_s if before else None,
        "first_step_s": before.first_step_s if before else None,
    }


def _status(
    gathered: Gathered, key: Key, looks: Sequence[Verified], whole: Absent | None
) -> tuple[str, str | None]:
    """The status and its reason, the gravest first; only `ok` may rank."""
    bad = next((look for look in looks if not proves(look)), None)
    if bad is not None:
        return "wrong", mistake(bad)
    unmeasured = gathered.unmeasured.get(key)
    if unmeasured is not None:
        failed = isinstance(unmeasured, Failed)
        return ("failed" if failed else "skipped"), why(unmeasured)
    if key in gathered.finished and {look.phase for look in looks} == {"before", "after"}:
        return "ok", None
    if whole is not None:
        return whole.status, whole.reason
    return "incomplete", "the run ended early"


def proves(look: Verified) -> bool:
    """Whether the checks themselves, not only the record's word, say that the answers are right."""
    return (
        look.passed
        and bool(look.checks)
        and all(
            check.error is not None and check.limit is not None and check.error <= check.limit
            for check in look.checks
        )
    )


def mistake(look: Verified) -> str:
    """The worst check of a failed verification in words."""
    bad = [c for c in look.checks if c.problem or (c.error or 0) > (c.limit or 0)]
    if not bad:
        return f"not proven right {look.phase} timing"
    worst = max(bad, key=lambda c: (bool(c.problem), (c.error or 0) / (c.limit or 1e-300)))
    others = f", and {len(bad) - 1} more" if len(bad) > 1 else ""
    detail = worst.problem or f"error {worst.error:.2g}, limit {worst.limit or 0:.2g}"
    return f"{worst.name}: {detail}{others} ({look.phase} timing)"


# --- slices -----------------------------------------------------------------------------------


def _slices(gathered: Gathered) -> pd.DataFrame:
    keys = [key for key, _ in gathered.slices]
    records = [record for _, record in gathered.slices]
    columns: dict[str, Any] = {
        name: pd.Series([key[at] for key in keys], dtype="str") for at, name in enumerate(KEY)
    }
    columns["round"] = np.array([record.round for record in records], dtype=np.int64)
    columns["steps_per_sample"] = [record.steps_per_sample for record in records]
    columns["samples"] = np.array([len(record.samples_s) for record in records], dtype=np.int64)
    columns["median_s"] = _medians([record.samples_s for record in records])
    columns["latency_s"] = _medians([record.latencies_s for record in records])
    for name in (*_SUMMED, *_LARGEST):
        columns[name] = np.array([getattr(record, name) for record in records], dtype=float)
    columns["peak_resident_of"] = [record.peak_resident_of for record in records]
    columns["samples_s"] = pd.Series([record.samples_s for record in records], dtype=object)
    return pd.DataFrame(columns)


def _medians(samples: Sequence[tuple[float, ...]]) -> statistics.Floats:
    counts = np.array([len(each) for each in samples], dtype=np.int64)
    values = np.fromiter((value for each in samples for value in each), dtype=float)
    return statistics.medians(values, counts)


def _latest(slices: pd.DataFrame) -> pd.DataFrame:
    """A round measured again counts once, as it was measured last."""
    return slices.drop_duplicates([*KEY, "round"], keep="last")


def _measured(slices: pd.DataFrame) -> pd.DataFrame:
    """Estimates and sums, a row for each cell that has slices."""
    latest = _latest(slices).sort_values(KEY, kind="stable")
    groups = latest.groupby(KEY)
    counts = groups.size().to_numpy()
    found = statistics.locations(latest["median_s"].to_numpy(), counts)
    table = groups[list(_SUMMED)].sum(min_count=1).join(groups[list(_LARGEST)].max())
    return table.assign(
        time_s=found.value_s,
        low_s=found.low_s,
        high_s=found.high_s,
        spread=found.spread,
        latency_s=groups["latency_s"].median(),
        rounds=counts,
        samples=groups["samples"].sum(),
    ).reset_index()

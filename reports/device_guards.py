"""Guards for GPUs: work that fell back to the CPU, times that do not depend on the device."""

from __future__ import annotations

import re
from collections.abc import Iterator

import numpy as np
import pandas as pd

from bench.schema import Contender
from reports.finding import Finding, listed, placed
from reports.frame import Results
from reports.guards import measured
from reports.units import digits, percent, plain

LONG_S = 1e-3
"""Shorter steps are their dispatch's: that is work of the CPU on every device."""

HOST_SUITES = ("loader", "lifecycle")
"""Suites whose steps hold work of the CPU by intention: preparing batches, compiling."""

CORES = 1.5
"""A thread that dispatches and waits uses one core; so many are work."""

ALIKE = 0.03
ALIKE_CASES = 3
"""Different devices meet within that by accident once, hardly in so many cases and no other."""

_FALLS_BACK = re.compile(r"\bfall(s|ing|en)?[ -]?back\b|\bfell back\b|\bfallback\b", re.IGNORECASE)
_FALLBACK_VARIABLE = "PYTORCH_ENABLE_MPS_FALLBACK"


def moved(results: Results) -> Iterator[Finding]:
    """GPU contenders that say themselves that they run, or may run, elsewhere."""
    for run, contender in _on_gpu(results):
        runtime = results.runtimes.get((run, contender.contender))
        if runtime is None:
            continue
        name = plain(contender.contender)
        told = next((plain(note) for note in runtime.notes if _FALLS_BACK.search(note)), None)
        if runtime.device != contender.device:
            what = f"{name} ran on {plain(runtime.device)}, not on {plain(contender.device)}"
        elif told is not None:
            what = f"{name} says that work falls back: {told}"
        elif runtime.environment.get(_FALLBACK_VARIABLE) == "1":
            what = f"{name} moves what the GPU lacks to the CPU unnoticed ({_FALLBACK_VARIABLE}=1)"
        else:
            continue
        yield Finding(
            severity="suspect",
            what=what,
            where=placed(results, run, "all its cases"),
            action="Its times are not, or not wholly, the GPU's. Unset what allows the fallback "
            "and repeat: what the GPU cannot do then fails instead.",
        )


def busy_cpu(results: Results) -> Iterator[Finding]:
    """GPU contenders whose workers compute on the CPU while they are timed."""
    cells = _long(results)
    cells = cells[cells["device_kind"] == "gpu"]
    used = (cells["cpu_user_s"] + cells["cpu_system_s"]) / cells["sampled_s"]
    guilty = cells.assign(cores=used)[used > CORES]
    for (run, contender), mine in guilty.groupby(["run", "contender"], sort=False):
        yield Finding(
            severity="suspect",
            what=f"{plain(contender)} uses {digits(mine['cores'].max(), 2)} CPU cores while its "
            "GPU is timed: work may have fallen back to the CPU",
            where=placed(results, run, listed(mine["case"].tolist())),
            action="Compare its times with the same framework on the CPU, and look at what it "
            "printed about operations that its GPU lacks.",
        )


def empty_memory(results: Results) -> Iterator[Finding]:
    """GPU contenders whose device memory stays empty, by their own count."""
    cells = measured(results)
    cells = cells[cells["device_kind"] == "gpu"]
    most = cells[["device_memory_bytes", "device_peak_bytes"]].max(axis=1)
    for (run, contender), mine in cells[most.notna()].groupby(["run", "contender"], sort=False):
        # One kind of work alone may hold nothing between slices: products of drawn operands do.
        if mine[["suite", "name"]].drop_duplicates().shape[0] > 1 and not most[mine.index].any():
            yield Finding(
                severity="suspect",
                what=f"{plain(contender)} counts 0 bytes of device memory in every case: its work "
                "may have fallen back to the CPU",
                where=placed(results, run, listed(mine["case"].tolist())),
                action="Compare its times with the same framework on the CPU.",
            )


def same_time(results: Results) -> Iterator[Finding]:
    """A framework that takes as long on its GPU as on the CPU, in every long case."""
    cells = _long(results)
    same = ["run", "spec", "execution", "precision", "case"]
    pairs = cells[cells["device_kind"] == "cpu"].merge(
        cells[cells["device_kind"] == "gpu"], on=same, suffixes=("_cpu", "_gpu")
    )
    alike = (pairs["time_s_gpu"] / pairs["time_s_cpu"] - 1).abs() < ALIKE
    pairs = pairs.assign(alike=alike)
    for (run, cpu, gpu), mine in pairs.groupby(
        ["run", "contender_cpu", "contender_gpu"], sort=False
    ):
        if len(mine) >= ALIKE_CASES and mine["alike"].all():
            yield Finding(
                severity="suspect",
                what=f"{plain(gpu)} takes as long as {plain(cpu)}, within {percent(ALIKE)}, in all "
                f"{len(mine)} cases of a millisecond or more",
                where=placed(results, run, listed(mine["case"].tolist())),
                action="What is measured does not depend on the device: both ran on one, or both "
                "waited for the same host.",
            )


def _on_gpu(results: Results) -> Iterator[tuple[str, Contender]]:
    for name, run in results.runs.items():
        yield from ((name, each) for each in run.contenders if each.device_kind == "gpu")


def _long(results: Results) -> pd.DataFrame:
    """Cells whose time is the device's by intention: long, and without work of the host.

    A suite from a file may prepare its batches on the host, which no record says.
    """
    cells = measured(results)
    outside = {
        (name, case.case)
        for name, run in results.runs.items()
        for case in run.cases
        if case.suite_file is not None
    }
    keys = zip(cells["run"], cells["case"], strict=True)
    inside = np.array([key not in outside for key in keys], dtype=bool)
    return cells[inside & (cells["time_s"] >= LONG_S) & ~cells["suite"].isin(HOST_SUITES)]

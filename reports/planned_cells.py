"""A row for each cell that was planned: what it is, and how it ended."""

from __future__ import annotations

import pandas as pd

from bench.records import NotRecords
from reports.ingest.reading import Gathered
from reports.ingest.slices import KEY
from reports.verdicts.status import ending

MAX_CELLS = 200_000
"""Cells a report may plan; a run of all suites on ten frameworks has some thousands."""


def planned(gathered: Gathered) -> pd.DataFrame:
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
            fixed = (
                *(name, run.machine.label, contender.contender, contender.framework),
                next(iter(runtime.versions.values()), None) if runtime else None,
                *(contender.spec, contender.device, contender.device_kind),
                *(contender.device_name, contender.precision, contender.execution),
                (runtime and runtime.threads) or contender.threads,
                contender.outside,
            )
            for case in cases.values():
                key = name, contender.contender, case.case
                work = (
                    *(case.suite, case.case, case.name, case.size, case.work_kind, case.size_of),
                    *(case.flop, case.traffic_bytes.get(contender.precision)),
                    *(case.convolutions, case.host_work, case.tokens),
                )
                came = ending(gathered, key, whole.get(key[:2]))
                rows.append((*fixed, *work, *map(came.__getitem__, _ENDING)))
    return pd.DataFrame(rows, columns=list(_COLUMNS)).astype(_TYPES)


_ENDING = ("status", "reason", "verified", "stopped", "build_s", "first_step_s")
_COLUMNS = (
    *("run", "machine", "contender", "framework", "version", "spec", "device", "device_kind"),
    *("device_name", "precision", "execution", "threads", "outside", "suite", "case", "name"),
    *("size", "work_kind", "size_of", "flop", "traffic_bytes", "convolutions", "host_work"),
    "tokens",
    *_ENDING,
)
_TYPES = (
    dict.fromkeys(KEY, "str")
    | dict.fromkeys(("flop", "traffic_bytes", "tokens", "build_s", "first_step_s"), "float64")
    | dict.fromkeys(("verified", "outside"), "bool")
    | dict.fromkeys(("convolutions", "host_work"), "boolean")
)

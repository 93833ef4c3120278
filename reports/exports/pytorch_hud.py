"""Records of the PyTorch project's benchmark database, schema v3, which its HUD shows.

The upload adds repository, branch, commit, workflow and job; what a record has itself, it keeps.
"""

from __future__ import annotations

from typing import Any

from bench.schema import Machine
from reports.exports.exported import Entry, Exported, Figure
from reports.exports.harmless import as_json

_GIB = 2**30


def render(exported: Exported) -> str:
    """A list with a record for each figure."""
    return as_json(
        [_record(exported, entry, figure) for entry in exported.entries for figure in entry.figures]
    )


def _record(exported: Exported, entry: Entry, figure: Figure) -> dict[str, Any]:
    facts = entry.facts
    found: dict[str, Any] = {
        "schema_version": "v3",
        "benchmark": {
            "name": "Metalbench",
            "mode": "training" if facts.get("work_kind") == "training" else "inference",
            "dtype": facts["precision"],
            "extra_info": dict(exported.facts),
        },
        "model": {
            "name": facts.get("case", entry.name),
            "type": facts.get("work_kind", "unknown"),
            "backend": facts.get("contender", "unknown"),
            "origins": ["Metalbench"],
            "extra_info": dict(facts),
        },
        "metric": {
            "name": f"{figure.measure.name}_{figure.measure.unit}",
            "benchmark_values": [figure.value],
            "extra_info": _extra(entry, figure),
        },
        "runners": [_runner(exported, exported.machine)],
        "dependencies": _dependencies(entry),
    }
    if exported.started_at:
        found["timestamp"] = max(0, int(exported.started_at.timestamp()))
    return found


def _extra(entry: Entry, figure: Figure) -> dict[str, str]:
    """Texts alone: the database keeps nothing else here."""
    found = {"unit": figure.measure.unit, "name": entry.name}
    if figure.interval:
        low, high = figure.interval
        found |= {"interval_low": repr(low), "interval_high": repr(high)}
    return found


def _runner(exported: Exported, machine: Machine) -> dict[str, Any]:
    return {
        "name": exported.facts.get("machine", "unknown"),
        "type": exported.facts.get("system", "unknown"),
        "cpu_info": exported.facts.get("cpu", ""),
        "cpu_count": _bounded(machine.cores_logical or 0),
        "avail_mem_in_gb": _bounded((machine.memory_bytes or 0) // _GIB),
        "gpu_info": exported.facts.get("gpu", ""),
        "gpu_count": len(machine.gpus),
        "avail_gpu_mem_in_gb": _bounded(sum(gpu.memory_bytes or 0 for gpu in machine.gpus) // _GIB),
    }


def _bounded(value: int) -> int:
    """What a UInt32 holds; a file of records can say more."""
    return min(value, 2**32 - 1)


def _dependencies(entry: Entry) -> dict[str, dict[str, str]]:
    framework, version = entry.facts.get("framework"), entry.facts.get("version")
    return {framework: {"version": version}} if framework and version else {}

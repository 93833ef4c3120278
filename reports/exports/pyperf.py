"""A file of pyperf's, version 1.0: a benchmark for each cell, a run for each start, in it a value
for each round. Its values are thus what our own statistics rest on, and not single samples."""

from __future__ import annotations

from typing import Any

from reports.exports.exported import Entry, Exported
from reports.exports.harmless import as_json


def render(exported: Exported) -> str:
    """A suite."""
    return as_json(
        {
            "version": "1.0",
            "metadata": _of_run(exported),
            "benchmarks": [_benchmark(entry) for entry in exported.entries],
        }
    )


def _of_run(exported: Exported) -> dict[str, Any]:
    found: dict[str, Any] = {f"metalbench_{name}": text for name, text in exported.facts.items()}
    if "cpu" in exported.facts:
        found["cpu_model_name"] = exported.facts["cpu"]
    if exported.machine.cores_logical:
        found["cpu_count"] = exported.machine.cores_logical
    if exported.started_at:  # in UTC, for pyperf knows no time zones
        found["date"] = str(exported.started_at.replace(tzinfo=None))
    return found


def _benchmark(entry: Entry) -> dict[str, Any]:
    metadata = {f"metalbench_{name}": text for name, text in entry.facts.items()}
    return {
        "metadata": {"name": entry.name, "unit": "second"} | metadata,
        "runs": [{"values": list(rounds)} for rounds in entry.rounds_s],
    }

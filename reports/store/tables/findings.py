"""What is doubtful about each of many runs: the report's own findings, those of one run."""

from __future__ import annotations

import math
from collections.abc import Iterator
from functools import cache
from typing import Any

from reports.analysis import learning_curves, ranking
from reports.context import ReportContext
from reports.findings import registry
from reports.formatting import plain
from reports.frame import Results
from reports.ingest import machine_names

MOST = 1000
"""Characters of a text."""


def of(results: Results) -> Iterator[dict[str, Any]]:
    """A row for each finding about one run; what is about several, or about files, is none."""
    for finding in registry.find(_context(results)):
        if not finding.run or finding.published:
            continue
        where = finding.where.removesuffix(f" (run {plain(finding.run)})")
        yield {
            "run": finding.run,
            "severity": finding.severity,
            "what": finding.what[:MOST],
            "place": where[:MOST],
            "action": finding.action[:MOST],
            "about": finding.about[:MOST] or None,
            "effect": finding.effect if math.isfinite(finding.effect) else None,
        }


def _context(results: Results) -> ReportContext:
    """What findings look at; rankings, which take most of a context's time, are none of it."""
    machines = machine_names.names(results.runs)
    places = machine_names.places(machines)
    labels = {name: ranking.labels(run) for name, run in results.runs.items()}
    return ReportContext(
        results=results,
        baseline=None,
        machines=machines,
        places=places,
        labels=labels,
        sections=(),
        contests=tuple,
        learned=cache(lambda: learning_curves.find(results, places, labels)),
    )

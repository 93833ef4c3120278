"""The formats a run can be exported in, a row each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from reports.exports import bmf, github_action_benchmark, openmetrics, pyperf, pytorch_hud
from reports.exports.exported import Exported


@dataclass(frozen=True)
class Format:
    """One format."""

    name: str
    reader: str
    """What reads it."""
    render: Callable[[Exported], str]


FORMATS = {
    each.name: each
    for each in (
        Format("bmf", "Bencher", bmf.render),
        Format(
            "github-action-benchmark",
            "the action github-action-benchmark, as customSmallerIsBetter",
            github_action_benchmark.render,
        ),
        Format("pyperf", "pyperf stats, compare_to, hist", pyperf.render),
        Format("pytorch-hud", "the PyTorch project's benchmark database", pytorch_hud.render),
        Format("openmetrics", "Prometheus and what reads OpenMetrics", openmetrics.render),
    )
}

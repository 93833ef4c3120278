"""Bencher's metric format: https://bencher.dev/docs/reference/bencher-metric-format.

`latency` is a measure that Bencher has, in nanoseconds; the others have their unit in their name.
A name ends with `]`, so none ends with the suffix that would mute its alerts.
"""

from __future__ import annotations

from reports.exports.exported import DEVICE_MEMORY, ENERGY, STEP_TIME, Exported, Figure
from reports.exports.harmless import as_json

_NS = 1e9

_MEASURES = {
    STEP_TIME: ("latency", _NS),
    ENERGY: ("energy-joules", 1),
    DEVICE_MEMORY: ("device-peak-memory-bytes", 1),
}
"""Name and scale of each."""


def render(exported: Exported) -> str:
    """An object by benchmark, in it one by measure."""
    return as_json(
        {
            entry.name: {
                _MEASURES[figure.measure][0]: _metric(figure, _MEASURES[figure.measure][1])
                for figure in entry.figures
            }
            for entry in exported.entries
        }
    )


def _metric(figure: Figure, scale: float) -> dict[str, float]:
    ends = figure.interval or ()
    bounds = dict(zip(("lower_value", "upper_value"), ends, strict=False))
    return {name: value * scale for name, value in ({"value": figure.value} | bounds).items()}

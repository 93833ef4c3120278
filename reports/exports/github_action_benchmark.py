"""The custom JSON of the action github-action-benchmark, for `tool: customSmallerIsBetter`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from reports.exports.exported import DEVICE_MEMORY, ENERGY, STEP_TIME, Entry, Exported, Figure
from reports.exports.harmless import as_json

_UNITS = {STEP_TIME: ("ns", 1e9), ENERGY: ("J", 1), DEVICE_MEMORY: ("bytes", 1)}
"""Unit and scale of each: the same in every run, for the action compares bare numbers."""

_NAMES = {STEP_TIME: "", ENERGY: ", energy of a step", DEVICE_MEMORY: ", peak device memory"}
"""What follows the entry's name."""


def render(exported: Exported) -> str:
    """A list with an object for each figure."""
    return as_json(
        [_result(exported, entry, figure) for entry in exported.entries for figure in entry.figures]
    )


def _result(exported: Exported, entry: Entry, figure: Figure) -> dict[str, Any]:
    unit, scale = _UNITS[figure.measure]
    found = {
        "name": entry.name + _NAMES[figure.measure],
        "unit": unit,
        "value": figure.value * scale,
    }
    if figure.interval:
        low, high = figure.interval
        # The action knows no lopsided interval: its wider side, and both ends in words.
        found["range"] = f"± {max(high - figure.value, figure.value - low) * scale:.6g}"
    return found | {"extra": "\n".join(_lines(exported, entry, figure))}


def _lines(exported: Exported, entry: Entry, figure: Figure) -> Iterator[str]:
    _, scale = _UNITS[figure.measure]
    if figure.interval:
        low, high = figure.interval
        yield f"95 % interval: {low * scale:.6g} to {high * scale:.6g}"
    if figure.measure is STEP_TIME and entry.jumps_s:
        short, long = entry.jumps_s
        yield f"its times jump, from {short * scale:.6g} to {long * scale:.6g}"
    if "version" in entry.facts:
        yield f"version: {entry.facts['version']}"
    for name in ("machine", "run"):
        if name in exported.facts:
            yield f"{name}: {exported.facts[name]}"

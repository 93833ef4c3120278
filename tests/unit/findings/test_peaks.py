"""Peaks are at rated clocks: a card that clocks higher is honest, and Apple's GPUs do not."""

from __future__ import annotations

import csv
from dataclasses import replace
from pathlib import Path

import pytest

from bench.machine import graphics
from reports import context
from reports.findings import registry
from reports.frame import read
from reports.hardware import peaks
from reports.verdicts import above_limits
from tests.helpers import builders


def accused(tmp_path: Path, name: str, times: float) -> list[str]:
    """What is suspect of a device that reaches so many times its peak in every case."""
    row = peaks.peak(name)
    assert row
    gpu = replace(
        builders.FIVE[1],
        device="cuda:0",
        device_name=name,
        overhead_s=0.0,
        noise=0.0,
        flop_per_s=times * row.flop_per_s,
        bytes_per_s=1e15,
    )
    lines = builders.run([gpu], special=builders.no_special)
    found = registry.find(context.of(read([builders.write(tmp_path / "run.jsonl", lines)])))
    return [each.what for each in found if "can do in float32" in each.what]


@pytest.mark.parametrize(
    ("name", "honest", "not_honest"),
    [
        ("NVIDIA H200", 1.14, 1.26),
        ("Radeon RX 6900 XT", 1.14, 1.26),
        ("Apple M2 Max", 0.97, 1.04),
    ],
)
def test_a_card_may_clock_higher_than_it_is_rated(
    name: str, honest: float, not_honest: float, tmp_path: Path
) -> None:
    assert not accused(tmp_path / "honest", name, honest)
    said = accused(tmp_path / "not", name, not_honest)
    assert said
    assert all(("at 1.2 times its rated clock" in one) is ("Apple" not in name) for one in said)
    assert above_limits.BOOST == 1.2


def test_a_rate_at_the_base_clock_is_no_peak() -> None:
    """3072 lanes x 2 x 1.2 GHz is what one source says of this card, which clocks higher."""
    assert peaks.peak("AMD Radeon Pro Vega 48") is None


def test_names_begin_with_their_maker_by_which_the_margin_is_chosen() -> None:
    with peaks.TABLE.open(encoding="utf-8", newline="") as file:
        names = [row["name"] for row in csv.DictReader(file)]
    assert not [name for name in names if not name.startswith(f"{graphics.vendor(name)} ")]

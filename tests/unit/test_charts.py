"""Figures: the same every time, readable by all, one colour for each framework."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from reports import charts, content
from reports.frame import load
from tests import builders

EXTRA = replace(
    builders.FIVE[1], spec="torch@compile", execution="compile", overhead_s=7e-6, flop_per_s=210e9
)


def drawn(folder: Path, models: Sequence[builders.Model] = builders.FIVE) -> list[charts.Chart]:
    path = builders.write(folder / "records.jsonl", builders.run((*models, builders.NULL)))
    made = content.make(load([path]))
    return [chart for each in charts.illustrate(made).values() for chart in each]


def test_figures_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = drawn(tmp_path / "a")
    assert len(first) == 6  # two for each of the three workloads with more than one size
    assert first == drawn(tmp_path / "b")


def test_figures_are_named_described_and_text_stays_text(tmp_path: Path) -> None:
    for chart in drawn(tmp_path):
        root = ElementTree.fromstring(chart.standalone.encode())
        assert root.get("role") == "img"
        names = {child.get("id"): child.text for child in root[:2]}
        assert list(names) == (root.get("aria-labelledby") or "").split()
        assert list(names.values()) == [chart.title, chart.description]
        text = " ".join(root.itertext())
        assert all(model.framework in text for model in builders.FIVE)
        assert "null" not in text
        assert "currentColor" in chart.svg
        assert "#102030" not in chart.svg


def test_figures_share_no_ids(tmp_path: Path) -> None:
    every = [re.findall(r'\bid="([^"]+)"', chart.svg) for chart in drawn(tmp_path)]
    flat = [name for names in every for name in names]
    assert len(flat) == len(set(flat))


def test_a_framework_has_one_colour_and_contenders_of_it_differ_in_line(tmp_path: Path) -> None:
    svg = drawn(tmp_path, (*builders.FIVE, EXTRA))[0].svg.lower()
    for colour, _ in charts.COLOURS.values():
        assert f"stroke: {colour.lower()}" in svg
    assert "stroke-dasharray" in svg


def test_one_size_makes_a_table_but_no_figure(tmp_path: Path) -> None:
    assert not [chart for chart in drawn(tmp_path) if "mlp" in chart.key]

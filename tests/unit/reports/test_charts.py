"""Figures: the same every time, readable by all, one colour for each framework."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

from reports import content
from reports.frame import read
from reports.render import charts, palette
from tests.helpers import builders

EXTRA = replace(
    builders.FIVE[1], spec="torch@compile", execution="compile", overhead_s=7e-6, flop_per_s=210e9
)


def drawn(folder: Path, models: Sequence[builders.Model] = builders.FIVE) -> list[charts.Chart]:
    path = builders.write(folder / "records.jsonl", builders.run((*models, builders.NULL)))
    made = content.make(read([path]))
    return [chart for each in charts.illustrate(made).values() for chart in each]


def test_figures_are_the_same_bytes_every_time(tmp_path: Path) -> None:
    first = drawn(tmp_path / "a")
    # Two for each of the three workloads with more than one size, a roofline, a cloud of latencies.
    assert len(first) == 8
    assert first == drawn(tmp_path / "b")


def test_figures_are_named_described_and_text_stays_text(tmp_path: Path) -> None:
    for chart in drawn(tmp_path):
        root = ElementTree.fromstring(chart.standalone.encode())
        assert root.get("role") == "img"
        names = {child.get("id"): child.text for child in root[:2]}
        assert list(names) == (root.get("aria-labelledby") or "").split()
        assert list(names.values()) == [chart.title, chart.description]
        text = " ".join(root.itertext())
        assert "roofline" in chart.key or all(m.framework in text for m in builders.FIVE)
        assert "null" not in text
        assert "currentColor" in chart.svg
        assert "#102030" not in chart.svg


def test_figures_share_no_ids(tmp_path: Path) -> None:
    every = [re.findall(r'\bid="([^"]+)"', chart.svg) for chart in drawn(tmp_path)]
    flat = [name for names in every for name in names]
    assert len(flat) == len(set(flat))


def test_a_framework_has_one_colour_and_contenders_of_it_differ_in_line(tmp_path: Path) -> None:
    svg = drawn(tmp_path, (*builders.FIVE, EXTRA))[0].svg.lower()
    for model in builders.FIVE:
        colour, _ = palette.COLOURS[model.framework]
        assert f"stroke: {colour.lower()}" in svg
    assert "stroke-dasharray" in svg


def test_one_size_makes_a_table_but_no_figure(tmp_path: Path) -> None:
    rankings = [chart for chart in drawn(tmp_path) if "ranking" in chart.key]
    assert rankings
    assert not [chart for chart in rankings if "mlp" in chart.title]


def test_a_page_makes_the_legend_itself(tmp_path: Path) -> None:
    for chart in drawn(tmp_path):
        assert f'id="{chart.key}-legend"' in chart.standalone
        assert "legend" not in chart.inline
        ElementTree.fromstring(chart.inline)
        for number, _ in enumerate(chart.legend):
            assert f'id="{chart.key}-s{number}-line"' in chart.inline

"""Figures: the same every time, readable by all, one colour for each framework."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reports import content
from reports.document import Plot, Series
from reports.frame import read
from reports.render import charts, matplotlib_svg, palette
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
    # One for each of the three workloads with more than one size, a roofline, a cloud of latencies.
    assert len(first) == 5
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
    for chart in [chart for chart in drawn(tmp_path) if chart.legend]:
        assert f'id="{chart.key}-legend"' in chart.standalone
        assert "legend" not in chart.inline
        ElementTree.fromstring(chart.inline)
        for number, _ in enumerate(chart.legend):
            assert f'id="{chart.key}-s{number}-line"' in chart.inline


def figure(*labels: str) -> charts.Chart:
    """A line for each label."""
    series = tuple(Series(each, "torch", ((1, 1), (2, 2))) for each in labels)
    return charts.draw(Plot("title", "heading", "n", series), "key")


@pytest.mark.parametrize(
    ("count", "ending"),
    [(24, ".12.3.dev20261120+cu126@compile,mode=max-autotune-no-cudagraphs"), (30, ""), (55, ".0")],
)
def test_many_contenders_leave_the_axes_their_height(count: int, ending: str) -> None:
    few, many = figure("torch"), figure(*(f"torch=={n}{ending}" for n in range(count)))
    assert size(many.inline) == pytest.approx(size(few.inline), abs=1.0)
    assert size(many.standalone)[1] > size(few.standalone)[1] + 100


def test_a_name_too_long_for_a_legend_keeps_both_its_ends(tmp_path: Path) -> None:
    texts = [f"a{'b' * 60}{end}" for end in "cd"]
    assert re.findall(">(a[b…]+[cd])<", figure(*texts).standalone) == [
        f"a{'b' * 22}…{'b' * 21}{end}" for end in "cd"
    ]


def test_lines_bear_their_names_where_there_is_room(tmp_path: Path) -> None:
    named = [chart for chart in drawn(tmp_path) if chart.key.startswith("ranking")]
    assert named
    for chart in named:
        assert not chart.legend
        assert all(f">{model.framework}<" in chart.inline for model in builders.FIVE)
    series = tuple(Series(f"torch=={n}", "torch", ((1, 1), (2, 2))) for n in range(12))
    many = charts.draw(Plot("title", "heading", "n", series, labelled=True), "key")
    assert len(many.legend) == 12


@given(st.lists(st.floats(-0.2, 1.2), min_size=1, max_size=8))
def test_names_at_lines_do_not_overlap(wanted: list[float]) -> None:
    placed = matplotlib_svg._apart(dict(enumerate(wanted)), 0.08)
    heights = [placed[number] for number in sorted(placed, key=lambda n: wanted[n])]
    assert all(b - a > 0.0799 for a, b in pairwise(heights))
    assert heights[-1] <= max(1.0, max(wanted))


@pytest.mark.parametrize("page", ["#ffffff", "#14181c"])
def test_every_colour_of_a_series_stands_out(page: str) -> None:
    """WCAG 2.2, 1.4.11: 3 to 1 for what a picture is read by."""
    own = [colour for colour, _ in (*palette.COLOURS.values(), *palette.OTHERS)]
    for colour in own:
        light, dark = sorted(map(luminance, (page, colour)), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, colour


def luminance(colour: str) -> float:
    """Relative, as WCAG defines it."""
    shares = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [s / 12.92 if s <= 0.04045 else ((s + 0.055) / 1.055) ** 2.4 for s in shares]
    return sum(weight * each for weight, each in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def size(svg: str) -> tuple[float, float]:
    """Width and height in units."""
    found = re.search(r'viewBox="0 0 (\S+) (\S+)"', svg)
    assert found
    return float(found[1]), float(found[2])

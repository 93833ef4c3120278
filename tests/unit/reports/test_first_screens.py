"""The first screens: where everybody stands, CPU beside GPU, two contenders, three cards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench.schema import Record, Slice
from bench.statistics.estimates import Series
from reports import content
from reports.content import Content
from reports.frame import read
from reports.front.front import Front
from reports.front.places import PLACES
from reports.render import front as drawing
from reports.render import html
from reports.render.log_axis import LogAxis
from reports.verdicts import unsteady
from tests.helpers import builders

TWO = builders.FIVE[:2]
ON_GPU = replace(
    builders.FIVE[1],
    device="cuda:0",
    device_name="NVIDIA H100",
    flop_per_s=20e12,
    bytes_per_s=1e12,
    overhead_s=20e-6,
)


def made(folder: Path, lines: list[Record]) -> Content:
    return content.make(read([builders.write(folder / "run" / "records.jsonl", lines)]))


@pytest.fixture(scope="module")
def five(tmp_path_factory: pytest.TempPathFactory) -> Front:
    return made(tmp_path_factory.mktemp("five"), builders.run()).fronts[0]


def series(*times_s: float) -> Series:
    numbers = np.arange(len(times_s))
    return Series(numbers, np.array(times_s), np.zeros_like(numbers))


# --- times that jump --------------------------------------------------------------------------


def test_times_that_jump_have_a_span() -> None:
    assert unsteady.span(series(0.44e-3, 82e-3, 94e-3)) is not None
    assert unsteady.span(series(1.0, 1.1, 2.0)) is None


def test_a_single_round_of_many_is_an_outlier_and_no_jump() -> None:
    assert unsteady.span(series(*[1.0] * 20, 50.0)) is None
    assert unsteady.span(series(*[1.0] * 10, *[50.0] * 10)) == (1.0, 50.0)


@given(st.lists(st.floats(1e-6, 2.9e-6), min_size=1, max_size=40))
def test_what_spans_less_than_the_limit_never_jumps(times_s: list[float]) -> None:
    assert unsteady.span(series(*times_s)) is None


def jumping(lines: list[Record], contender: str) -> list[Record]:
    """The contender's odd rounds take fifty times as long."""
    return [
        slowed(each, 50.0)
        if isinstance(each, Slice) and each.contender == contender and each.round % 2
        else each
        for each in lines
    ]


def slowed(one: Slice, factor: float) -> Slice:
    return msgspec.structs.replace(one, samples_s=tuple(factor * s for s in one.samples_s))


def test_nobody_wins_against_a_cell_whose_times_jump(tmp_path: Path) -> None:
    """Its median is one of two states, and either of them may be the neighbour's doing."""
    lines = jumping(builders.run(TWO), TWO[0].id)
    found = made(tmp_path, lines)
    groups = [g for ranking in found.sections[0].rankings for g in ranking.groups]
    both = [group for group in groups if len(group.rows) == 2]
    assert both
    for group in both:
        assert group.rows[0].label == TWO[1].framework
        assert group.rows[0].standing == "leads"
        assert group.rows[1].standing == "unsteady"
        assert not group.behind
    (bar,) = [bar for bar in found.fronts[0].bars if bar.framework == TWO[0].framework]
    assert bar.counts["unsteady"] >= len(both)
    assert bar.fastest == 0 or bar.counts.get("fastest", 0) < len(both)


# --- many contenders --------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("bars", "rows", "lie"), [(6, 2, ""), (13, 4, "turned"), (13, 49, "dense"), (2, 49, "")]
)
def test_many_contenders_need_no_sideways_scroll(bars: int, rows: int, lie: str) -> None:
    assert drawing.lies(SimpleNamespace(bars=range(bars), heat=range(rows))) == lie  # type: ignore[arg-type]


def test_a_turned_table_has_a_row_for_each_contender(tmp_path: Path) -> None:
    many = [replace(TWO[1], spec=f"torch@{n}", flop_per_s=1e11 * n) for n in range(1, 8)]
    (front,) = made(tmp_path, builders.run(many)).fronts
    rows = str(html._first("heat", front)).partition("<tbody>")[2].split("<tr>")[1:]
    assert len(rows) == 7
    for row, bar in zip(rows, front.bars, strict=True):
        assert f'<th scope="row">{bar.label}</th>' in row
        assert row.count("<td ") == len(front.heat)


# --- places -----------------------------------------------------------------------------------


def test_every_contender_has_a_place_in_every_case(five: Front) -> None:
    """Bars count what the squares show; cases that nobody has right are in the bars alone."""
    cases = sum(len(ranking.groups) for ranking in five.section.rankings)
    for at, bar in enumerate(five.bars):
        assert sum(bar.counts.values()) >= cases
        squares = [square for row in five.heat for square in row.cells[at].squares]
        assert len(squares) == cases
        for place in PLACES:
            shown = sum(square.place == place for square in squares)
            assert bar.counts.get(place, 0) == shown or place in ("bad", "untimed")


def test_somebody_is_fastest_wherever_somebody_ran(five: Front) -> None:
    for row in five.heat:
        for at in range(len(row.cells[0].squares)):
            assert any(cell.squares[at].place in ("fastest", "alone") for cell in row.cells)


def test_the_least_typical_ratio_of_those_with_all_sizes_is_best(five: Front) -> None:
    assert any(sum(cell.best for cell in row.cells) == 1 for row in five.heat)
    for row in five.heat:
        for cell in row.cells:
            assert not cell.best or cell.typical.value is not None


# --- CPU beside GPU, two contenders -----------------------------------------------------------


def test_a_gpu_is_shown_beside_the_cpu_of_the_same_framework(tmp_path: Path) -> None:
    front = made(tmp_path, builders.run((TWO[1], ON_GPU), special=builders.no_special)).fronts[0]
    assert front.devices is not None
    assert front.devices.who.endswith(" (GPU)")
    assert {row.word for row in front.devices.rows} <= {"faster", "slower", "same", "unresolved"}
    for row in front.devices.rows:
        if row.word == "faster":
            assert row.gpu_s < row.cpu_s
            assert row.said.endswith("faster")
    (worth,) = [card for card in front.cards if card.question == "Is the GPU worth it?"]
    assert worth.answer


def test_two_contenders_are_held_against_each_other(tmp_path: Path) -> None:
    front = made(tmp_path, builders.run(TWO, special=builders.no_special)).fronts[0]
    assert front.duel is not None
    assert {front.duel.first, front.duel.second} == {model.framework for model in TWO}
    assert all(row.said.endswith("?") == (row.word == "unresolved") for row in front.duel.rows)


def test_of_five_no_two_are(five: Front) -> None:
    assert five.duel is None
    assert five.devices is None


# --- cards ------------------------------------------------------------------------------------


def test_wrong_answers_make_a_card_bad(tmp_path: Path) -> None:
    right = made(tmp_path / "a", builders.run(TWO, special=builders.no_special)).fronts[0]
    case = next(each.case for each in builders.run(TWO) if isinstance(each, Slice))
    lines = builders.run(TWO, special=builders.no_special, wrong=[(TWO[0].framework, case)])
    wrong = made(tmp_path / "b", lines).fronts[0]
    tones = [
        next(card.tone for card in front.cards if card.question == "Are the answers right?")
        for front in (right, wrong)
    ]
    assert tones == ["good", "bad"]


# --- axes -------------------------------------------------------------------------------------


@given(st.lists(st.floats(1e-9, 1e9), min_size=1, max_size=30))
def test_every_value_lies_on_the_axis(values: list[float]) -> None:
    axis = LogAxis.over(values)
    places = [axis.percent(value) for value in sorted(values)]
    assert places == sorted(places)
    assert all(0 < place < 100 for place in places)
    ticks = axis.ticks(str)
    assert len(ticks) <= 5
    assert all(0 < place < 100 for place, _ in ticks)

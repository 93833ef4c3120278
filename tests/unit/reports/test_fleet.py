"""Several machines: the reader's own first, its peers beside it, and where it stands in words."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench.schema import Gpu
from reports import content
from reports.content import Content
from reports.frame import read
from reports.front import fleet
from reports.render import html, markdown
from tests.helpers import builders
from tests.unit.reports.test_machines import make, on

NVIDIA = (Gpu(name="NVIDIA H100", vendor="NVIDIA"),)


def some(folder: Path, **options: str) -> Content:
    runs = (
        on("mine", 2, "a", gpus=NVIDIA),
        on("fast", 1, "b"),
        on("slow", 30, "c", gpus=NVIDIA),
    )  # fmt: skip
    return make(folder, *runs, **options)


def test_ones_own_is_first_and_its_peers_follow(tmp_path: Path) -> None:
    found = some(tmp_path).fleet
    assert found is not None
    assert [row.label for row in found.rows] == ["mine", "slow", "fast"]
    assert [row.own for row in found.rows] == [True, False, False]
    assert [row.typical for row in found.rows] == pytest.approx([2, 30, 1], rel=0.05)
    assert {square.place for square in found.rows[1].squares} == {"far"}
    assert [row.rank for row in found.rows] == [2, 3, 1]
    assert found.rows[2].fastest == found.rows[2].shared == found.cases


def test_where_it_stands_is_a_sentence(tmp_path: Path) -> None:
    made = some(tmp_path)
    assert made.fleet is not None
    said = made.fleet.sentence
    assert said.startswith("mine is 2nd of 3 machines: typically 2.0x the time of the fastest")
    assert said.endswith("; 1st of 2 (NVIDIA).")
    assert said in markdown.render(made, {})
    assert 'id="fleet"' in html.render(made, {})


def test_the_baseline_is_ones_own_and_its_front_the_first(tmp_path: Path) -> None:
    made = some(tmp_path, baseline="fast")
    assert made.fleet is not None
    assert made.fleet.rows[0].label == "fast"
    assert made.fleet.sentence.startswith("fast is 1st of 3 machines")
    assert made.fronts[0].section.machine_label == "fast"
    assert made.sections[0].machine_label == "fast"


def test_one_machine_has_no_strip(tmp_path: Path) -> None:
    made = content.make(read([builders.write(tmp_path / "a.jsonl", builders.run())]))
    assert made.fleet is None
    assert 'id="fleet"' not in html.render(made, {})


@pytest.mark.parametrize(("better", "said"), [(0, "1st"), (1, "2nd"), (2, "3rd"), (10, "11th")])
def test_ranks_are_words(better: int, said: str) -> None:
    own = fleet.Standing("own", "", True, (), 2.0, 0, 1)
    others = [fleet.Standing(str(n), "", False, (), 1.0, 0, 1) for n in range(better)]
    assert fleet._word(fleet._rank(own, [own, *others])) == said

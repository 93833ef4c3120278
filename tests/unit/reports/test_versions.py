"""The chapter that holds versions of one framework against one another."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest

from reports import content
from reports.chapters import versions
from reports.frame import read
from tests.helpers import builders
from tests.unit.reports.test_chapters import chapter, make


def test_versions_of_one_run_are_paired(tmp_path: Path) -> None:
    old = replace(builders.FIVE[3], spec="jax==0.4.38", version="0.4.38", flop_per_s=165e9)
    (part,) = chapter(make(tmp_path, builders.run((builders.FIVE[3], old))), "versions").parts
    table = part.data or part.table
    assert table is not None
    row = next(row for row in table.rows if row[0] == "matmul/square/1024")
    assert row[2] == "0.4.38 to 0.10.2"
    assert row[5].endswith("x faster")
    assert "unpaired" not in row[6]


def test_two_builds_of_one_version_are_two(tmp_path: Path) -> None:
    released = builders.FIVE[1]
    dev = replace(released, spec="torch:dev", flop_per_s=2 * released.flop_per_s)
    (part,) = chapter(make(tmp_path, builders.run((dev, released))), "versions").parts
    table = part.data or part.table
    assert table is not None
    row = next(row for row in table.rows if row[0] == "matmul/square/1024")
    assert row[2] == "2.13.0 to 2.13.0 (dev)"
    assert row[5].endswith("x faster")
    assert "unpaired" not in row[6]


def test_a_ratio_that_is_left_open_is_told_all_the_same(tmp_path: Path) -> None:
    released = builders.FIVE[1]
    dev = replace(released, spec="torch:dev", noise=0.2)
    lines = builders.run((dev, released), rounds=2)
    (part,) = chapter(make(tmp_path, lines), "versions").parts
    table = part.data or part.table
    assert table is not None
    row = next(row for row in table.rows if row[0] == "matmul/square/1024")
    assert str(row[5]) == "unresolved"
    assert re.fullmatch(r"[0-9.]+x, no interval", str(row[6]))


def test_a_long_history_is_drawn_with_a_mark_at_each_change(tmp_path: Path) -> None:
    usual, case = builders.FIVE[3], "matmul/square/1024"
    slow = {number: 0.5 if number >= 7 else 1.0 for number in range(12)}
    models = [
        replace(usual, spec=f"jax=={n}.0", version=f"{n}.0", flop_per_s=usual.flop_per_s * share)
        for n, share in slow.items()
    ]
    lines = [each for each in builders.run(models) if getattr(each, "case", case) in (case, None)]
    (part,) = chapter(make(tmp_path, lines), "versions").parts
    (plot,) = part.plots
    assert [(mark.at, mark.label) for mark in plot.marks] == [(7, "slower")]
    assert "7.0: slower." in plot.description
    (sentence,) = part.text
    assert "7.0 is " in sentence
    assert part.data is not None
    assert len(part.data.rows) == 11


def test_versions_of_two_runs_are_not(tmp_path: Path) -> None:
    old = replace(builders.FIVE[3], version="0.4.38", flop_per_s=165e9)
    paths = [
        builders.write(tmp_path / name / "records.jsonl", builders.run((model,), name=name))
        for name, model in (("a", old), ("b", builders.FIVE[3]))
    ]
    (part,) = chapter(content.make(read(paths)), "versions").parts
    table = part.data or part.table
    assert table is not None
    assert table.rows[2][6].endswith("unpaired")


@pytest.mark.parametrize(
    "ordered",
    [["1.9", "1.12", "2.0"], ["1.12 preview", "1.12"], ["2.0rc1", "2.0"], ["0.4.38", "0.10.2"]],
)
def test_versions_are_ordered_as_released(ordered: list[str]) -> None:
    assert sorted(set(ordered), key=versions.order) == ordered

"""The table of what is known to go wrong elsewhere: there where it was tried, and true."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from reports import content
from reports.document import shown
from reports.frame import read
from suites.pieces import pitfalls
from tests.helpers import builders

CASES = {case.name: case.case for case in pitfalls.cases("smoke")}


def test_the_table_says_what_is_wrong_here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(builders, "SUITES", ("matmul", "pitfalls"))
    lines = builders.run(wrong=[("torch", CASES["layer_norm"])])
    made = content.make(read([builders.write(tmp_path / "records.jsonl", lines)], False))
    chapter = next(each for each in made.chapters if each.key == "pitfalls")
    (part,) = chapter.parts
    table = part.table
    assert table is not None
    assert len(table.rows) == len(CASES)
    torch = next(n for n, word in enumerate(table.columns) if "torch" in word)
    said = {row[0]: row for row in table.rows}
    wrong = said[pitfalls.REPORTED["layer_norm"].what]
    assert wrong[torch] == "wrong" and "mlx#3630" in wrong[-1]
    assert said[pitfalls.REPORTED["embedding"].what][torch] == "right"
    assert {(table.rows.index(wrong), torch)} == table.strong
    assert chapter.answer.startswith("1 of ")


def test_what_goes_wrong_in_16_bits_alone_is_tried_in_16_bits(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(builders, "SUITES", ("pitfalls",))
    torch = next(each for each in builders.FIVE if each.framework == "torch")
    both = [torch, replace(torch, precision="float16")]
    made = content.make(read([builders.write(tmp_path / "r.jsonl", builders.run(both))], False))
    chapter = next(each for each in made.chapters if each.key == "pitfalls")
    (part,) = chapter.parts
    assert part.table is not None and "PRECISION=float16" in part.text[0]
    single, half = (
        next(n for n, word in enumerate(part.table.columns) if word == f"torch, {precision}")
        for precision in ("float32", "float16")
    )
    said = {row[0]: row for row in part.table.rows}
    for row in (
        said["causal attention, in 16 bits"],
        said["linear layers without bias, in 16 bits"],
    ):
        assert (row[single], row[half]) == ("not tried in 16 bits", "right")
    assert said[pitfalls.REPORTED["embedding"].what][single] == "right"
    assert chapter.answer == f"none of {2 * len(CASES) - 2} went wrong."


def test_without_that_suite_there_is_no_such_chapter(tmp_path: Path) -> None:
    lines = builders.run()
    made = content.make(read([builders.write(tmp_path / "records.jsonl", lines)], False))
    assert "pitfalls" not in [chapter.key for chapter in shown(made.chapters)]

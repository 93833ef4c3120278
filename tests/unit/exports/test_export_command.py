"""`./metalbench export`: a whole file or none, and a sentence for what it cannot do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from reports.exports.registry import FORMATS
from tests.helpers import builders
from tests.unit.exports.readers import READERS


def export(*words: str | Path) -> tuple[int, str, str]:
    """Exit code, standard output, standard error."""
    done = CliRunner().invoke(app, ["export", *map(str, words)])
    return done.exit_code, done.stdout, done.stderr


@pytest.fixture
def records(tmp_path: Path) -> Path:
    return builders.write(tmp_path / "run" / "records.jsonl", builders.run(builders.FIVE[:1]))


@pytest.mark.parametrize("name", FORMATS)
def test_it_goes_to_the_standard_output_and_what_is_told_elsewhere(
    records: Path, name: str
) -> None:
    code, text, told = export(records, "--format", name)
    assert code == 0
    names = READERS[name](text)
    assert told.startswith(f"exported {len(names)} cells; left out: ")
    assert "skipped" in told


def test_a_file_is_replaced_whole(records: Path, tmp_path: Path) -> None:
    out = tmp_path / "out.json"
    out.write_text("older", encoding="utf-8")
    code, text, _ = export(records.parent, "--format", "bmf", "--out", out)
    assert (code, text) == (0, "")
    assert json.loads(out.read_text(encoding="utf-8"))
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out.json", "run"]
    code, _, told = export(records, "--format", "bmf", "--out", tmp_path / "none" / "out.json")
    assert code == 2
    assert "No such file" in told


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--format", "bfm"], "Did you mean bmf?"),
        (["--format", "bmf", "--out", "records.jsonl"], "would write over a record file"),
    ],
)
def test_what_is_typed_amiss_is_told(records: Path, words: list[str], told: str) -> None:
    code, _, error = export(records, *words)
    assert code == 2
    assert told in error
    assert "Traceback" not in error


def test_one_run_is_exported_not_two(records: Path, tmp_path: Path) -> None:
    other = builders.run(builders.FIVE[:1], name="20261121-090000-cd34")
    builders.write(tmp_path / "other" / "records.jsonl", other)
    code, _, error = export(tmp_path, "--format", "bmf")
    assert code == 2
    assert "an export is of one run" in error
    assert "20261121-090000-cd34" in error


def test_a_run_without_a_time_is_refused(tmp_path: Path) -> None:
    plan = builders.run(builders.FIVE[:1])[:1]
    path = builders.write(tmp_path / "records.jsonl", plan)
    code, _, error = export(path, "--format", "bmf")
    assert code == 2
    assert "holds nothing to export" in error
    assert "unfinished" in error


def test_lines_that_had_to_be_left_out_are_told(records: Path) -> None:
    with records.open("a", encoding="utf-8") as file:
        file.write("{nonsense\n")
    code, text, error = export(records, "--format", "bmf")
    assert code == 1
    assert json.loads(text)
    assert "1 line of the records could not be used" in error

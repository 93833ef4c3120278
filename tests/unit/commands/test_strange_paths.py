"""OUT and RESULTS as no one expects them: a name works or is refused in words."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from typer.testing import CliRunner

from bench.__main__ import app
from bench.commands import run
from bench.run.runner import Outcome
from bench.schema import Run
from reports.ingest import reading
from reports.render import charts
from suites.errors import UserError
from tests.helpers import builders

STRANGE = ("caf\udce9", "new\nline", "esc\x1b[31m", "bidi\u202efdp", " ", "a'b\"c", "é", "-", "~x")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a small run in it, worked in, and a home of one's own."""
    head, *rest = builders.run(builders.FIVE[:1], rounds=2)
    assert isinstance(head, Run)
    kept = [
        each for each in rest if getattr(each, "case", head.cases[0].case) == head.cases[0].case
    ]
    lines = [msgspec.structs.replace(head, cases=head.cases[:1]), *kept]
    builders.write(tmp_path / "good" / "records.jsonl", lines)
    (tmp_path / "file").write_text("x")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "home").mkdir()
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.chdir(tmp_path)
    return tmp_path


def report(*words: str) -> Any:
    """The command's end; an error of any other kind than those for users is raised."""
    done = CliRunner().invoke(app, ["report", "--no-published", *words])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert all(each.isprintable() or each == "\n" for each in done.output)
    return done


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_will_do_for_out(here: Path, name: str) -> None:
    done = report("good", "--out", f"./{name}/deep")
    assert done.exit_code == 0, done.output
    left = {path.name for path in (here / name / "deep").iterdir()}
    assert left >= {"cells.csv", "cells.parquet", "report.html", "report.md"}
    assert "faults.txt" not in left


@pytest.mark.parametrize("name", STRANGE)
def test_any_name_will_do_for_results(here: Path, name: str) -> None:
    shutil.copytree("good", name)
    assert report("--out", "out", f"./{name}").exit_code == 0
    shutil.copytree("good", f"runs/{name}")
    (here / "runs" / f"bad{name}").mkdir()
    (here / "runs" / f"bad{name}" / "records.jsonl").write_text("no records")
    assert report("--out", "out", "runs").exit_code == 1
    assert "no records" not in (here / "out" / "report.html").read_text(encoding="utf-8")


def test_a_tilde_is_the_home_folder(here: Path) -> None:
    shutil.copytree("good", "home/good")
    assert report("~/good", "--out", "~/out").exit_code == 0
    assert (here / "home" / "out" / "report.html").exists()
    assert not (here / "~").exists()


@pytest.mark.parametrize(
    ("results", "out", "words"),
    [
        ("good", "file", "exists"),
        ("good", "file/deep", "ot a directory"),
        ("good", "loop", "exists|links"),
        ("good", "loop/deep", "links"),
        ("good", "x" * 300, "too long"),
        ("good", "/".join(["d" * 200] * 30), "too long"),
        ("x" * 300, "out", "too long"),
        ("loop", "out", "does not exist"),
        ("no\x1b[31mpe\udcff", "out", "does not exist"),
        ("file", "out", "is not a record file"),
        ("home", "out", "holds no records"),
    ],
)
def test_what_cannot_be_is_refused_in_words(here: Path, results: str, out: str, words: str) -> None:
    done = report(results, "--out", out)
    assert done.exit_code == 2
    assert any(each in done.output for each in words.split("|")), done.output


def test_links_that_lead_round_are_left_out(here: Path) -> None:
    shutil.copytree("good", "runs/good")
    (here / "runs" / "bad").mkdir()
    (here / "runs" / "bad" / "records.jsonl").symlink_to("records.jsonl")
    assert report("runs", "--out", "out").exit_code in (0, 1)
    assert (here / "out" / "report.html").exists()


@pytest.mark.parametrize("gone", ["runs/one", "runs"])
def test_records_that_vanish_before_they_are_read(
    here: Path, monkeypatch: pytest.MonkeyPatch, gone: str
) -> None:
    for name in ("one", "two"):
        shutil.copytree("good", f"runs/{name}")
    monkeypatch.setattr(reading, "files", after(reading.files, gone))
    done = report("runs", "--out", "out")
    assert done.exit_code == (1 if gone == "runs/one" else 2)
    assert done.output.strip()


def test_a_folder_that_vanishes_while_the_report_is_written(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "illustrate", after(charts.illustrate, "out"))
    done = report("good", "--out", "out")
    assert done.exit_code == 2
    assert "No such file" in done.output


def after(function: Callable[..., Any], gone: str) -> Callable[..., Any]:
    """The function, after whose work a folder is gone."""

    def made(*args: Any, **named: Any) -> Any:
        found = function(*args, **named)
        found = found if isinstance(found, dict) else list(found)
        shutil.rmtree(gone)
        return found

    return made


@pytest.mark.parametrize("gone", [True, False])
def test_a_run_whose_folder_is_removed_says_so(
    here: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], gone: bool
) -> None:
    folder = here / "good"
    outcome = Outcome(folder, troubles=0)
    if gone:
        shutil.rmtree(folder)
    else:
        monkeypatch.setattr("reports.build.build", refused)
    assert run._report(outcome, False) == 1
    said = capsys.readouterr().err
    assert ("was removed while the run went on" in said) == gone
    assert ("The records are kept" in said) == (not gone)


def refused(*_: Any, **__: Any) -> Any:
    raise UserError("no")

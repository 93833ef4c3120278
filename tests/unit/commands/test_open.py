"""`make open`: the newest report, whichever folder holds it; its address where nothing opens it."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from bench.commands import open as command
from suites.errors import UserError


def page(path: Path, age_s: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("<p>", encoding="utf-8")
    os.utime(path, (1e9 - age_s, 1e9 - age_s))
    return path


def opener(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A program in PATH that writes down what it was given."""
    told = folder / "told"
    for name in ("open", "xdg-open"):
        program = folder / "bin" / name
        program.parent.mkdir(exist_ok=True)
        program.write_text(f"#!/bin/sh\nprintf %s \"$1\" > '{told}'\n", encoding="utf-8")
        program.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder / "bin"))
    return told


def test_the_newest_report_is_opened(tmp_path: Path, monkeypatch, capsys) -> None:
    told = opener(tmp_path, monkeypatch)
    monkeypatch.chdir(tmp_path)
    page(tmp_path / "results" / "one" / "report.html", 20)
    new = page(tmp_path / "results" / "two $(x)" / "report.html", 10)
    page(tmp_path / "report" / "report.html", 30)
    assert command.run(()) == 0
    assert capsys.readouterr().out.strip() == new.as_uri()
    assert told.read_text() == str(new)


def test_a_folder_or_file_may_be_named(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "")
    old = page(tmp_path / "a" / "report.html", 20)
    page(tmp_path / "b" / "report.html", 10)
    (tmp_path / "a" / "records.jsonl").touch()
    for place in (tmp_path / "a", old, tmp_path / "a" / "records.jsonl"):
        command.run([place])
        assert capsys.readouterr().out.strip() == old.as_uri()


def test_a_comparison_that_is_newer_is_opened_too(tmp_path: Path, monkeypatch, capsys) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.chdir(tmp_path)
    page(tmp_path / "results" / "one" / "report.html", 20)
    new = page(tmp_path / "report" / "comparison.html", 10)
    for places in ((), (tmp_path / "report",), (new,)):
        command.run(places)
        assert capsys.readouterr().out.strip() == new.as_uri()


def test_without_a_report_the_error_says_what_makes_one(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UserError, match=r"results, report.*`make bench`"):
        command.run(())
    with pytest.raises(UserError, match="none of these"):
        command.run([tmp_path / "absent"])


def test_an_opener_that_fails_costs_nothing(tmp_path: Path, monkeypatch, capsys) -> None:
    opener(tmp_path, monkeypatch)
    for name in ("open", "xdg-open"):
        (tmp_path / "bin" / name).write_text(f"#!{sys.executable}\nraise SystemExit(3)\n")
    new = page(tmp_path / "report.html", 0)
    assert command.run([tmp_path]) == 0
    assert capsys.readouterr().out.strip() == new.as_uri()

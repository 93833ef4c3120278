"""The version is stated once, and the commit is that of the checkout, if it is one."""

from __future__ import annotations

from pathlib import Path

import pytest

from bench import version


def test_the_version_is_read_from_the_project_table(tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text('[project]\nversion = "7.8.9"\n', encoding="utf-8")
    assert version.version(tmp_path) == "7.8.9"
    assert version.version().count(".") == 2


def test_outside_git_there_is_no_commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path.parent))
    assert version.commit(tmp_path) is None


def test_a_machine_without_git_knows_no_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "")
    assert version.commit() is None

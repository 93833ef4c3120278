"""The version is stated once, and the commit is that of the checkout, if it is one."""

from __future__ import annotations

import os
import shutil
import subprocess
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


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git here")
def test_a_changed_checkout_is_marked_and_gits_own_files_are_left_alone(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        own = ("-c", "user.name=a", "-c", "user.email=a@b.example")
        done = subprocess.run(
            ["git", *own, *words], cwd=tmp_path, capture_output=True, text=True, check=True
        )
        return done.stdout.strip()

    git("init", "--quiet")
    assert version.commit(tmp_path) is None
    file, index = tmp_path / "file", tmp_path / ".git" / "index"
    file.write_text("one")
    git("add", "file")
    git("commit", "--quiet", "-m", "one")
    os.utime(file, (1, 1))  # git looks at it again, and would note that it is the same
    before = index.read_bytes()
    assert version.commit(tmp_path) == git("rev-parse", "HEAD")
    (tmp_path / "new").touch()
    assert not version.commit(tmp_path).endswith("+")
    assert index.read_bytes() == before
    file.write_text("two")
    assert version.commit(tmp_path) == git("rev-parse", "HEAD") + "+"

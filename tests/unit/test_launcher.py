"""`./metalbench`: works from anywhere, changes no argument, makes its environment when it must."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

CHECKOUT = Path(__file__).resolve().parents[2]
SHOW = """\
import json, os, sys
print(json.dumps([sys.argv[1:], os.getcwd(), os.environ.get("PYTHONHOME"), sys.flags.safe_path]))
"""
ARGUMENTS = ["run", "a b", "", "*", "it's", 'say "x"', "$(touch trap)", "e\\", "--", "-n"]


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A checkout of the launcher alone, whose environment shows what it was called with."""
    made = tmp_path / "a checkout"
    (made / "bench").mkdir(parents=True)
    (made / "bench" / "__main__.py").write_text(SHOW, encoding="utf-8")
    (made / "requirements").mkdir()
    (made / "requirements" / "host.txt").write_text("", encoding="utf-8")
    shutil.copy(CHECKOUT / "metalbench", made)
    environment(made)
    return made


def environment(made: Path, age_s: float = -60) -> None:
    """The host environment, so much older than its requirements; negative: newer."""
    python = made / ".venv" / "host" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n', encoding="utf-8")
    python.chmod(0o755)
    stamp = made / ".venv" / "host" / ".metalbench.json"
    stamp.write_text("{}", encoding="utf-8")
    when = (made / "requirements" / "host.txt").stat().st_mtime - age_s
    os.utime(stamp, (when, when))


def called(
    launcher: Path, folder: Path, *arguments: str, **variables: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(launcher), *arguments],
        cwd=folder,
        env={**os.environ, "PYTHON": "false", **variables},
        capture_output=True,
        text=True,
        check=False,
    )


def test_arguments_and_folder_stay_as_they_are(checkout: Path, tmp_path: Path) -> None:
    (tmp_path / "bench").mkdir()  # nothing of the folder one is in may run in its place
    (tmp_path / "bench" / "__main__.py").write_text("raise SystemExit(7)", encoding="utf-8")
    ended = called(checkout / "metalbench", tmp_path, *ARGUMENTS, PYTHONHOME="/nowhere")
    assert json.loads(ended.stdout) == [ARGUMENTS, str(tmp_path.resolve()), None, True]
    assert not (tmp_path / "trap").exists()


@pytest.mark.parametrize("target", ["a checkout/metalbench", "{}/a checkout/metalbench"])
def test_a_link_to_a_link_leads_to_the_checkout(
    checkout: Path, tmp_path: Path, target: str
) -> None:
    (tmp_path / "link").symlink_to(target.format(tmp_path))
    (tmp_path / "bin").mkdir()
    (tmp_path / "bin" / "metalbench").symlink_to("../link")
    ended = called(tmp_path / "bin" / "metalbench", tmp_path, "list", CDPATH=str(tmp_path))
    assert json.loads(ended.stdout)[0] == ["list"], ended.stderr


STATES = ("missing", "older than its requirements", "older than its lock", "without its stamp")


@pytest.mark.parametrize("state", STATES)
def test_the_environment_is_made_first(checkout: Path, tmp_path: Path, state: str) -> None:
    if state == "without its stamp":
        (checkout / ".venv" / "host" / ".metalbench.json").unlink()
    else:
        shutil.rmtree(checkout / ".venv")
    if state.startswith("older"):
        environment(checkout, age_s=60)
    if state == "older than its lock":
        pins, lock = checkout / "requirements" / "host.txt", checkout / "requirements" / "locks"
        lock.mkdir()
        pins.rename(lock / "host.txt")
    boot = tmp_path / "python3"
    boot.write_text('#!/bin/sh\necho "$PWD" "$@" > "$TOLD"\nmkdir made', encoding="utf-8")
    boot.chmod(0o755)
    told = tmp_path / "told"
    called(checkout / "metalbench", tmp_path, "list", PYTHON=str(boot), TOLD=str(told))
    assert told.read_text() == f"{checkout.resolve()} -m bench.boot\n"


def test_without_an_environment_nothing_runs(checkout: Path, tmp_path: Path) -> None:
    shutil.rmtree(checkout / ".venv")
    ended = called(checkout / "metalbench", tmp_path, "list", PYTHON="false")
    assert (ended.returncode, ended.stdout) == (1, "")


@pytest.mark.parametrize("name", ["PYTHONPATH", "PYTHONUSERBASE", "PYTHONINSPECT"])
def test_another_pythons_settings_reach_neither_step(checkout: Path, tmp_path: Path, name: str):
    """Nor the making of the environment, which the system's own Python does."""
    (checkout / "bench" / "boot.py").write_text(
        f"import os, pathlib\npathlib.Path('seen').write_text(os.environ.get('{name}', 'absent'))\n"
    )
    (checkout / ".venv" / "host" / ".metalbench.json").unlink()
    called(checkout / "metalbench", tmp_path, "list", PYTHON=sys.executable, **{name: "x"})
    assert (checkout / "seen").read_text() == "absent"

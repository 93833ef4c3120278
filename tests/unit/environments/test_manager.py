"""Environments: atomic folders, and building with the real uv.

No network: uv installs wheels that are written here.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from bench.environments import manager, stamped_folder
from bench.environments.manager import BuildFailed, NoSuchVersion
from bench.environments.requirements import parse
from tests.helpers.package_index import write_wheel

# --- folders --------------------------------------------------------------------------------


def _python_in(aside: Path) -> dict[str, str]:
    (aside / "bin").mkdir(parents=True)
    (aside / "bin" / "python").symlink_to(sys.executable)
    return {}


def test_a_failed_build_leaves_what_was_there(tmp_path: Path) -> None:
    home = tmp_path / "envs" / "numpy"
    stamped_folder.ensure(home, "first", print, _python_in)

    def fails(aside: Path) -> dict[str, str]:
        _python_in(aside)
        raise OSError(28, "No space left on device", str(aside))

    with pytest.raises(BuildFailed, match="environment numpy: the disk is full"):
        stamped_folder.ensure(home, "second", print, fails)
    assert stamped_folder.stamp(home)["sha256"] == "first"
    assert _visible(home.parent) == ["numpy"]


def test_what_dead_processes_left_is_removed(tmp_path: Path) -> None:
    home = tmp_path / "numpy"
    _python_in(home)  # without a stamp: half-built
    _python_in(tmp_path / ".building-jax-1")
    assert stamped_folder.stamp(home) == {}
    stamped_folder.ensure(home, "sum", print, _python_in)
    assert stamped_folder.stamp(home)["sha256"] == "sum"
    assert sorted(path.name for path in tmp_path.iterdir()) == [".lock", "numpy"]


@pytest.mark.parametrize("text", ["", "[]", "{", '{"schema": 0, "sha256": "sum"}', '"sum"'])
def test_a_damaged_stamp_is_no_stamp(tmp_path: Path, text: str) -> None:
    _python_in(tmp_path)
    (tmp_path / stamped_folder.STAMP).write_text(text, encoding="utf-8")
    assert stamped_folder.stamp(tmp_path) == {}


def test_an_environment_whose_python_is_gone_is_made_again(tmp_path: Path) -> None:
    home = tmp_path / "numpy"
    stamped_folder.ensure(home, "sum", print, _python_in)
    (home / "bin" / "python").unlink()
    (home / "bin" / "python").symlink_to(tmp_path / "removed")
    stamped_folder.ensure(home, "sum", print, _python_in)
    assert (home / "bin" / "python").exists()


def test_an_unwritable_place_is_a_message(tmp_path: Path) -> None:
    blocked = tmp_path / "file"
    blocked.write_text("", encoding="utf-8")
    with pytest.raises(BuildFailed, match="environment numpy: "):
        stamped_folder.ensure(blocked / "numpy", "sum", print, _python_in)


# --- building with the real uv --------------------------------------------------------------


@pytest.fixture
def checkout(bare_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout whose only package is a wheel called numpy, in versions 1.0 and 2.0."""
    _require(bare_checkout, "2.0")
    for version in ("1.0", "2.0"):
        write_wheel(tmp_path / "wheels", "numpy", version)
    monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path / "wheels"))
    monkeypatch.setenv("UV_OFFLINE", "1")
    return bare_checkout


def _require(here: Path, version: str) -> None:
    text = f"numpy=={version}  # reason\n"
    (here / "requirements" / "numpy.txt").write_text(text, encoding="utf-8")


def _visible(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir() if not path.name.startswith("."))


def _state(name: str) -> manager.State:
    return next(state for state in manager.listing() if state.name == name)


def test_an_environment_is_built_once_and_again_when_its_requirements_change(
    checkout: Path,
) -> None:
    said: list[str] = []
    assert _state("numpy").state == "absent"
    python = manager.ensure(parse("numpy"), said.append)
    assert python == checkout / ".venv" / "numpy" / "bin" / "python"
    assert any("creating with Python" in line for line in said)
    state = _state("numpy")
    assert (state.state, state.versions) == ("ready", {"numpy": "2.0"})
    assert state.size_bytes is not None and state.size_bytes > 0

    said.clear()
    manager.ensure(parse("numpy"), said.append)
    assert said == []

    _require(checkout, "1.0")
    assert _state("numpy").state == "stale"
    manager.ensure(parse("numpy"), said.append)
    assert _state("numpy").versions == {"numpy": "1.0"}

    manager.remove(parse("numpy"))
    assert _state("numpy").state == "absent"
    assert _visible(checkout / ".venv") == ["boot"]


def test_a_version_contender_lives_beside_the_default(checkout: Path) -> None:
    manager.ensure(parse("numpy"))
    manager.ensure(parse("numpy==1.0"))
    assert _visible(checkout / ".venv") == ["boot", "numpy", "numpy==1.0"]
    assert _state("numpy==1.0").versions == {"numpy": "1.0"}
    assert _state("numpy").versions == {"numpy": "2.0"}


def test_a_version_that_does_not_exist_names_some_that_do(checkout: Path) -> None:
    with pytest.raises(NoSuchVersion, match=r"no numpy 9\.9\..*: 2\.0, 1\.0\."):
        manager.ensure(parse("numpy==9.9"))
    assert _visible(checkout / ".venv") == ["boot"]


def test_a_half_built_environment_is_made_again(checkout: Path) -> None:
    manager.ensure(parse("numpy"))
    (checkout / ".venv" / "numpy" / stamped_folder.STAMP).unlink()
    assert _state("numpy").state == "half-built"
    manager.ensure(parse("numpy"))
    assert _state("numpy").state == "ready"


def _site(checkout: Path) -> Path:
    (site,) = (checkout / ".venv" / "numpy").glob("lib/python*/site-packages")
    return site


DAMAGES = {
    "its module is gone": lambda site: (site / "numpy.py").unlink(),
    "all of it is gone": lambda site: [
        shutil.rmtree(path) if path.is_dir() else path.unlink() for path in [*site.glob("numpy*")]
    ],
    "another version": lambda site: (site / "numpy-2.0.dist-info").rename(
        site / "numpy-1.0.dist-info"
    ),
    "no list of its files": lambda site: (site / "numpy-2.0.dist-info" / "RECORD").unlink(),
}


@pytest.mark.parametrize("damage", DAMAGES.values(), ids=DAMAGES)
def test_an_environment_whose_package_is_gone_is_not_ready_and_heals(
    checkout: Path, damage: Callable[[Path], object]
) -> None:
    manager.ensure(parse("numpy"))
    damage(_site(checkout))
    state = _state("numpy")
    assert state.state == "damaged"
    assert "./metalbench env build numpy makes it anew" in state.reason
    said: list[str] = []
    manager.ensure(parse("numpy"), said.append)  # as at the start of a run
    assert any("is gone or was changed: made anew" in line for line in said)
    assert _state("numpy").state == "ready"


def test_a_file_that_was_cut_short_is_seen_by_who_looks_at_every_file(checkout: Path) -> None:
    manager.ensure(parse("numpy"))
    os.truncate(_site(checkout) / "numpy.py", 3)
    assert _state("numpy").reason.startswith("numpy.py is gone or was changed")
    manager.ensure(parse("numpy"), every_file=True)
    assert _state("numpy").state == "ready"


def test_a_wheel_whose_metadata_was_mended_after_its_list_is_whole(checkout: Path) -> None:
    manager.ensure(parse("numpy"))
    metadata = _site(checkout) / "numpy-2.0.dist-info" / "METADATA"
    metadata.write_text(metadata.read_text(encoding="utf-8") + "\nMended.\n", encoding="utf-8")
    assert _state("numpy").state == "ready"


def test_an_environment_whose_python_is_gone_is_not_ready(checkout: Path) -> None:
    python = manager.ensure(parse("numpy"))
    python.unlink()
    python.symlink_to(checkout / "removed")
    assert _state("numpy").state == "half-built"
    manager.ensure(parse("numpy"))
    assert _state("numpy").state == "ready"


def test_of_two_at_once_one_builds(checkout: Path) -> None:
    said: list[str] = []
    with ThreadPoolExecutor(2) as pool:
        built = list(pool.map(lambda _: manager.ensure(parse("numpy"), said.append), range(2)))
    assert built[0] == built[1]
    assert sum("creating" in line for line in said) == 1


def test_without_uv_the_message_says_what_makes_it(checkout: Path) -> None:
    (checkout / ".venv" / "boot" / "bin" / "uv").unlink()
    with pytest.raises(BuildFailed, match=r"python3 -m bench\.boot"):
        manager.ensure(parse("numpy"))


def test_the_stamp_is_written_last_and_holds_no_path_of_the_machine(checkout: Path) -> None:
    manager.ensure(parse("numpy"))
    text = (checkout / ".venv" / "numpy" / stamped_folder.STAMP).read_text(encoding="utf-8")
    assert str(checkout) not in text
    assert json.loads(text)["packages"] == {"numpy": "2.0"}

"""Locks: one for each set of pins, fresh and whole, and what happens where there is none."""

from __future__ import annotations

import hashlib
import re
import shutil
from pathlib import Path

import pytest

from bench import boot
from bench.environments import locks, manager, requirements
from bench.environments.manager import BuildFailed
from bench.environments.platforms import PYTHONS, Platform
from scripts.locks import files
from tests.unit.environments.test_manager import checkout

__all__ = ["checkout"]  # a fixture

FOLDER = Path(__file__).resolve().parents[3] / "requirements"
MAC = Platform("Darwin", "arm64", "15.2")
LINUX = Platform("Linux", "x86_64")
NVIDIA = Platform("Linux", "x86_64", nvidia=True)


def entries(lock: Path) -> dict[str, set[str]]:
    """The hashes of each package and version; of the lines that begin none, nothing."""
    found: dict[str, set[str]] = {}
    package = ""
    for line in lock.read_text(encoding="utf-8").splitlines():
        if start := re.match(r"[a-z0-9._-]+==[^\s;]+", line):
            package = start[0]
        found.setdefault(package, set()).update(re.findall(r"--hash=sha256:([0-9a-f]{64})", line))
    return found


@pytest.mark.parametrize("pins", list(files(FOLDER)), ids=lambda pins: pins.stem)
def test_every_set_of_pins_has_a_lock_that_fits(pins: Path) -> None:
    lock = FOLDER / "locks" / pins.name
    assert locks.fits(lock, pins), "run `.venv/dev/bin/python -m scripts.locks`"
    held = entries(lock)
    assert held.pop("") == set()
    assert {package for package, hashes in held.items() if not hashes} == set()
    pinned = {
        re.sub(r"\[.*?\]", "", re.split(r"[ ;]", line)[0]) for line in requirements.read(pins)
    }
    assert pinned <= set(held)


def test_no_lock_is_left_over() -> None:
    assert {lock.name for lock in (FOLDER / "locks").iterdir()} == {
        pins.name for pins in files(FOLDER)
    }


@pytest.mark.parametrize(
    ("name", "where", "variables", "lock"),
    [
        ("numpy", LINUX, {}, "numpy.txt"),
        ("torch", MAC, {"UV_FIND_LINKS": "/wheels"}, "torch.txt"),
        ("torch", NVIDIA, {}, "torch.txt"),
        ("jax", NVIDIA, {"UV_FIND_LINKS": "/wheels"}, "jax-cuda.txt"),
        ("torch", Platform("Darwin", "arm64", "13.1"), {}, "torch-arm64-macos13.txt"),
        ("torch", LINUX, {}, "PyTorch comes from another place"),
        ("torch", NVIDIA, {"UV_TORCH_BACKEND": "cpu"}, "PyTorch comes from another place"),
        ("jax==0.4.38", LINUX, {}, "no lock for a version that was asked for"),
        ("dev-jax", LINUX, {}, "there is no requirements/locks/dev-jax.txt"),
    ],
)
def test_which_lock_goes_with_which_environment(
    name: str, where: Platform, variables: dict[str, str], lock: str
) -> None:
    parsed = requirements.parse(name)
    if lock.endswith(".txt") and "/" not in lock:
        assert locks.find(FOLDER, parsed, where, variables) == FOLDER / "locks" / lock
    else:
        with pytest.raises(locks.NotLocked, match=lock):
            locks.find(FOLDER, parsed, where, variables)


def test_a_lock_of_other_pins_or_other_pythons_does_not_fit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = Path(shutil.copytree(FOLDER, tmp_path / "requirements"))
    lock, pins = folder / "locks" / "numpy.txt", folder / "numpy.txt"
    assert locks.fits(lock, pins)
    monkeypatch.setitem(PYTHONS, ("Linux", "x86_64"), ("3.13",))
    assert not locks.fits(lock, pins)
    monkeypatch.undo()
    pins.write_text("numpy==2.4.5\n", encoding="utf-8")
    with pytest.raises(locks.NotLocked, match="was made for other pins"):
        locks.find(folder, requirements.parse("numpy"), LINUX, {})


# --- building with the real uv, from a wheel that is written here -----------------------------


def lock_numpy(here: Path, sha256: str) -> None:
    pins = here / "requirements" / "numpy.txt"
    lock = here / "requirements" / "locks" / "numpy.txt"
    body = f"numpy==2.0 --hash=sha256:{sha256}\n"
    lock.write_text(locks.header(pins) + body, encoding="utf-8")


def test_what_has_its_hash_is_installed_and_rebuilt_for_another_lock(checkout: Path) -> None:
    (wheel,) = (checkout.parent / "wheels").glob("numpy-2.0-*")
    lock_numpy(checkout, hashlib.sha256(wheel.read_bytes()).hexdigest())
    said: list[str] = []
    manager.ensure(requirements.parse("numpy"), said.append)
    assert not [line for line in said if "without known hashes" in line]
    manager.ensure(requirements.parse("numpy"), pytest.fail)
    lock_numpy(checkout, "0" * 64)
    with pytest.raises(BuildFailed):
        manager.ensure(requirements.parse("numpy"))


def test_another_file_of_the_same_name_is_refused(checkout: Path) -> None:
    lock_numpy(checkout, "0" * 64)
    with pytest.raises(BuildFailed, match=r"file of numpy==2.0 .* is not the one that"):
        manager.ensure(requirements.parse("numpy"))
    assert not (checkout / ".venv" / "numpy").exists()


def test_pins_that_somebody_changed_are_installed_and_it_is_said(checkout: Path) -> None:
    said: list[str] = []
    manager.ensure(requirements.parse("numpy"), said.append)
    assert any(
        "without known hashes: requirements/locks/numpy.txt was made for other pins" in line
        for line in said
    )


# --- uv itself --------------------------------------------------------------------------------


@pytest.mark.parametrize("fresh", [True, False])
def test_uv_is_held_against_its_hashes(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    fresh: bool,
) -> None:
    ran: list[list[str]] = []
    shutil.copytree(FOLDER, tmp_path / "requirements")
    if not fresh:
        (tmp_path / "requirements" / "boot.txt").write_text("uv==0.0.1\n", encoding="utf-8")
    monkeypatch.setattr(manager, "CHECKOUT", tmp_path)
    monkeypatch.setattr(boot, "_run", ran.append)
    boot._make(tmp_path / "boot", ["uv==0.0.1"])
    assert ("--require-hashes" in ran[-1]) == fresh
    assert ("uv==0.0.1" in ran[-1]) != fresh
    assert ("boot.txt was made for other pins" in capsys.readouterr().err) != fresh

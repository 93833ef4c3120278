"""The proof of the pins, part of `make check`, can fail, names the culprit, and leaves none out."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import pytest

from bench.environments import manager
from scripts import pins

REQUIREMENTS = manager.CHECKOUT / "requirements"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return Path(shutil.copytree(REQUIREMENTS, tmp_path / "requirements"))


def test_a_pin_without_a_wheel_for_its_platform_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (manager.root() / "boot" / "bin" / "uv").exists():
        pytest.skip("needs uv, which `make setup` puts under .venv/boot")
    target = "macOS 12 x86_64"
    monkeypatch.setattr(pins, "TARGETS", {target: pins.TARGETS[target]})
    monkeypatch.setattr(pins.requirements, "NAMES", ("numpy", "tf"))
    monkeypatch.setattr(pins.requirements, "SPARE", ())
    monkeypatch.setattr(pins, "CONTENDERS", ())
    monkeypatch.setattr(pins, "CURES", {})
    wrong = "tensorflow==2.12.1\ntensorflow-metal==1.2.0\n"  # that plugin is for Apple Silicon
    (folder / "tf-x86_64-macos13.txt").write_text(wrong, encoding="utf-8")
    assert pins.main(folder) == 1
    told = capsys.readouterr().out
    assert f"{target}: environment tf: tensorflow-metal==1.2.0 has no wheel" in told
    assert "1 of 2 sets of pins resolve" in told


def test_every_requirements_file_is_part_of_the_proof(folder: Path) -> None:
    files = {path.name for path in folder.glob("*.txt")} - {"boot.txt"}
    for name in files:
        with (folder / name).open("a", encoding="utf-8") as file:
            file.write(f"\n{name}==1\n")
    read = {line for _, _, lines, *_ in pins.sets(folder) for line in lines}
    assert {name for name in files if f"{name}==1" not in read} == set()


def test_versions_are_resolved_with_the_plugin_that_goes_with_them() -> None:
    asked = pins.versions(REQUIREMENTS)
    known = {
        (target, f"{each.name.base}=={each.name.version}"): each.lines for target, each in asked
    }
    tf = " ".join(known["macOS 12 arm64", "tf==2.13.1"])
    assert "tensorflow==2.13.1" in tf
    assert "tensorflow-metal==1.0.0" in tf


def test_a_lock_that_lacks_a_package_is_named(
    folder: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    if not (manager.root() / "boot" / "bin" / "uv").exists():
        pytest.skip("needs uv, which `make setup` puts under .venv/boot")
    lock = folder / "locks" / "jax.txt"
    whole = lock.read_text(encoding="utf-8")
    lock.write_text(re.sub(r"(?m)^opt-einsum==.*\n( .*\n)+", "", whole), encoding="utf-8")
    monkeypatch.setattr(pins, "TARGETS", {"Linux": pins.TARGETS["Linux"]})
    monkeypatch.setattr(pins.requirements, "NAMES", ("jax",))
    monkeypatch.setattr(pins.requirements, "SPARE", ())
    monkeypatch.setattr(pins, "CONTENDERS", ())
    monkeypatch.setattr(pins, "CURES", {})
    assert pins.main(folder) == 1
    assert "the lock lacks opt-einsum==" in capsys.readouterr().out

"""A checkout with requirements and uv, where no environment is built yet."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest

from bench.environments import manager

CHECKOUT = Path(__file__).resolve().parents[3]


@pytest.fixture
def bare_checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """It has the project's requirements; uv gets no settings but a cache of its own."""
    boot = CHECKOUT / ".venv" / "boot" / "bin" / "uv"
    tool = boot if boot.exists() else shutil.which("uv")
    if tool is None:
        pytest.skip("needs uv, which `make setup` puts under .venv/boot")
    here = tmp_path / "a checkout"
    (here / ".venv" / "boot" / "bin").mkdir(parents=True)
    (here / ".venv" / "boot" / "bin" / "uv").symlink_to(tool)
    shutil.copytree(CHECKOUT / "requirements", here / "requirements")
    monkeypatch.setattr(manager, "CHECKOUT", here)
    for name in [name for name in os.environ if name.startswith(("UV_", "PIP_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    return here

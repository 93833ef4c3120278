"""A checkout with requirements and uv, where no environment is built yet."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bench.environments import manager, stamped_folder
from bench.environments.requirements import Name, parse
from tests.helpers.package_index import Index, served, write_wheel

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


UPLOADED = {
    "numpy-1.26.0": "2023-09-16T00:00:00.000000Z",
    "numpy-1.26.9": "2024-02-05T00:00:00.000000Z",
    "numpy-2.0.0": "2024-06-16T00:00:00.000000Z",
    "jax-0.4.24": "2024-02-01T00:00:00.000000Z",
    "jax-0.5.0": "2025-01-01T00:00:00.000000Z",
    "torch-2.2.2": "2024-03-27T00:00:00.000000Z",
    "jax-0.6.0": "2025-01-01T00:00:00.000000Z",
    "jaxlib-0.4.23": "2023-12-01T00:00:00.000000Z",
    "jaxlib-0.6.0": "2025-01-01T00:00:00.000000Z",
}


@pytest.fixture
def wheels(bare_checkout: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder of wheels; what is not on the loopback does not answer."""
    for version in ("1.26.0", "1.26.9", "2.0.0"):
        write_wheel(tmp_path / "index", "numpy", version)
    for version in ("0.4.24", "0.6.0"):
        write_wheel(tmp_path / "index", "jax", version, requires=["jaxlib", "numpy"])
    for version in ("0.4.23", "0.6.0"):
        write_wheel(tmp_path / "index", "jaxlib", version)
    for name in ("HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    for name in ("NO_PROXY", "no_proxy"):
        monkeypatch.setenv(name, "127.0.0.1")
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    return tmp_path / "index"


@pytest.fixture
def index(wheels: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Index]:
    """The usual index, which tells times of upload."""
    with served(wheels, UPLOADED) as index:
        monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
        yield index


def built(name: str | Name, index: str = "") -> dict[str, str]:
    """Version by package of the environment, built if need be."""
    parsed = parse(name) if isinstance(name, str) else name
    manager.ensure(parsed, print, index)
    packages: dict[str, str] = stamp(str(parsed))["packages"]
    return packages


def stamp(name: str) -> dict[str, Any]:
    return stamped_folder.stamp(manager.root() / name)

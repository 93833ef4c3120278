"""Lock files: every package that an environment gets, each with the sha256 of its files.

Standard library and Python 3.9 only: it runs before any environment exists.
`python -m scripts.locks` writes them; docs/decisions/0019-locked-by-hashes.md says what has none.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from pathlib import Path

from bench.environments import requirements
from bench.environments.platforms import PYTHONS, Platform

_TORCH_SETTINGS = {"UV_TORCH_BACKEND", "UV_FIND_LINKS"}


class NotLocked(Exception):
    """The files of an environment are not known beforehand; the message is the reason."""


def find(
    folder: Path, name: requirements.Name, where: Platform, variables: Mapping[str, str]
) -> Path:
    """The lock of the environment, in `folder`/locks. Raises NotLocked.

    `variables` are those that uv gets.
    """
    if name.version:
        raise NotLocked("there is no lock for a version that was asked for")
    # The build for the CPU is not in the registry whose files are locked.
    elsewhere = not where.nvidia or bool(_TORCH_SETTINGS & set(variables))
    if name.base == "torch" and where.system == "Linux" and elsewhere:
        raise NotLocked("PyTorch comes from another place than the package index")
    return of(requirements.file(folder, name.base, where))


def of(pins: Path) -> Path:
    """The lock of a requirements file. Raises NotLocked where none was made for it as it is."""
    lock = pins.parent / "locks" / pins.name
    if not lock.is_file():
        raise NotLocked(f"there is no requirements/locks/{pins.name}")
    if not fits(lock, pins):
        raise NotLocked(
            f"requirements/locks/{pins.name} was made for other pins than {pins.name} has"
        )
    return lock


def header(pins: Path) -> str:
    """The lines that begin the lock of a requirements file.

    They hold the Pythons too: for another one than it was made for, a lock has no packages at all.
    """
    pythons = sorted((*platform, tried[0]) for platform, tried in PYTHONS.items())
    text = json.dumps([list(requirements.read(pins)), pythons])
    sha256 = hashlib.sha256(text.encode()).hexdigest()
    return f"# Made by `python -m scripts.locks` from ../{pins.name}.\n# pins: {sha256}\n"


def fits(lock: Path, pins: Path) -> bool:
    """Whether the lock was made for the pins as they are now."""
    return lock.read_text(encoding="utf-8").startswith(header(pins))

"""Pythons of this machine that have a framework, by their folders: none of them is started.

Standard library and Python 3.9 only: it is asked where an environment could not be built.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path

from frameworks import FrameworkInfo

MOST_PLACES = 200
MOST_TOLD = 3

_CONDAS = ("miniforge3", "mambaforge", "miniconda3", "anaconda3", "micromamba")
_SITES = ("lib/python3.*/site-packages", "lib/python3*/dist-packages")


def having(facts: FrameworkInfo, environ: Mapping[str, str], home: Path) -> list[Path]:
    """Folders of environments with the framework and NumPy in them, the likeliest first."""
    places = islice(dict.fromkeys(_places(environ, home)), MOST_PLACES)
    return list(islice((place for place in places if _has(place, facts.modules[0])), MOST_TOLD))


def _has(place: Path, module: str) -> bool:
    try:
        sites = [site for pattern in _SITES for site in place.glob(pattern)]
        return any((site / module).is_dir() and (site / "numpy").is_dir() for site in sites)
    except OSError:  # not to be looked at
        return False


def _places(environ: Mapping[str, str], home: Path) -> Iterator[Path]:
    """Where environments are: the one in use, those of conda and of pyenv, the system's own."""
    yield Path(sys.prefix)
    for name in ("VIRTUAL_ENV", "CONDA_PREFIX"):
        if environ.get(name):
            yield Path(environ[name])
    for name in _CONDAS:
        for root in (home / name, Path("/opt") / name):
            yield root
            yield from _within(root / "envs")
    yield from map(Path, _told(home / ".conda" / "environments.txt"))
    for folder in (".pyenv/versions", ".virtualenvs"):
        yield from _within(home / folder)
    yield from map(Path, ("/opt/homebrew", "/usr/local", "/usr"))


def _within(folder: Path) -> list[Path]:
    try:
        return sorted(path for path in folder.iterdir() if path.is_dir())
    except OSError:
        return []


def _told(file: Path) -> list[str]:
    """The lines of conda's own list."""
    try:
        with file.open(encoding="utf-8", errors="replace") as lines:
            return [line.strip() for line in islice(lines, MOST_PLACES) if line.startswith("/")]
    except OSError:
        return []

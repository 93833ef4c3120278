"""Names of Pythons by their folders: the last part of the path, more where that is taken."""

from __future__ import annotations

import itertools
import re
from collections import Counter
from collections.abc import Collection, Iterable
from pathlib import Path

from bench.machine.privacy import scrub

_USUAL = {".venv", "venv", ".env", "env", "envs", "bin"}
"""Folders that say nothing of what is in them."""

LONGEST = 80


def names(homes: Iterable[Path], taken: Collection[str]) -> dict[Path, str]:
    """A name for each folder or program, none of them twice and none that is taken."""
    found = list(dict.fromkeys(homes))
    lengths = {home: 2 if home.name in _USUAL else 1 for home in found}
    while True:
        told = {home: _name(home, lengths[home]) for home in found}
        count = Counter(told.values())
        shared = [home for home, name in told.items() if count[name] > 1 or name in taken]
        longer = [home for home in shared if lengths[home] < len(home.parts) - 1]
        if not longer:
            return _numbered(told, taken)
        for home in longer:
            lengths[home] += 1


def _name(home: Path, parts: int) -> str:
    """In letters that are safe in a command and none of which a spec takes for its own."""
    plain = re.sub(r"[^\w.+/-]+", "-", scrub("/".join(home.parts[-parts:])))
    return plain.strip("-/")[-LONGEST:] or "python"


def _numbered(told: dict[Path, str], taken: Collection[str]) -> dict[Path, str]:
    """With numbers where not even whole paths tell apart, as of `my env` and `my-env`."""
    used, found = set(taken), {}
    for home, name in told.items():
        numbers = (f"{name}-{number}" for number in itertools.count(2))
        found[home] = next(each for each in itertools.chain((name,), numbers) if each not in used)
        used.add(found[home])
    return found

"""What each suite is and how many cases it holds, remembered until a file of the suites changes.

To count cases is to build every model: 0.7 s that `list` need not take twice.
"""

from __future__ import annotations

import contextlib
import hashlib
from pathlib import Path

import msgspec

from bench.environments.manager import CHECKOUT
from bench.plan.presets import PRESETS
from suites.data import cache_files

_MOST_BYTES = 2**20


class SuiteCount(msgspec.Struct, frozen=True):
    """A built-in suite."""

    name: str
    title: str
    cases: dict[str, int]
    """By preset."""


class _Remembered(msgspec.Struct):
    key: str
    suites: list[SuiteCount]


def all_of_them(folder: Path = CHECKOUT / ".cache") -> list[SuiteCount]:
    """Of all built-in suites. The folder holds what is remembered; it need not be writable."""
    file, key = folder / "suite_counts.json", _key()
    with contextlib.suppress(OSError, msgspec.MsgspecError):
        known = msgspec.json.decode(cache_files.read(file, _MOST_BYTES), type=_Remembered)
        if known.key == key:
            return known.suites
    found = _counted()
    with contextlib.suppress(OSError):
        cache_files.write(file, msgspec.json.encode(_Remembered(key, found)))
    return found


def _counted() -> list[SuiteCount]:
    from suites import catalog

    return [
        SuiteCount(
            name,
            (catalog.load(name).__doc__ or "").partition("\n")[0],
            {preset: len(catalog.cases(name, preset)) for preset in PRESETS},
        )
        for name in catalog.NAMES
    ]


def _key() -> str:
    """Of every file that decides, by its content."""
    digest = hashlib.sha256(" ".join(PRESETS).encode())
    for path in sorted((CHECKOUT / "suites").rglob("*.py")):
        digest.update(path.read_bytes())
    return digest.hexdigest()

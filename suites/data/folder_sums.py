"""Checksums of a folder's files, such as compiled programs: what was damaged is made anew.

Standard library and Python 3.9 only: every worker uses it. A framework that finds a damaged
program of its own may end in a crash, or compile it anew in every later process.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import shutil
from pathlib import Path
from typing import Any

from suites.data.cache_files import read, write
from suites.data.outside_file import opened

MOST_BYTES = 2**24
"""Of a list of checksums."""


def drop_damaged(folder: Path) -> None:
    """Empty the folder if a file in it has other bytes than were noted. Programs may need one
    another, so none is left."""
    noted = _noted(folder)
    for path in _files(folder):
        known = noted.get(str(path.relative_to(folder)))
        with contextlib.suppress(OSError):
            if known is not None and known["sha256"] != _sha256(path):
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir(parents=True, exist_ok=True)
                return


def note(folder: Path) -> None:
    """Remember the bytes of every file, if there is room. Of one that has been noted and has the
    same size and time they are not read again."""
    noted, found = _noted(folder), {}
    for path in _files(folder):
        name = str(path.relative_to(folder))
        with contextlib.suppress(OSError):
            told = path.stat()
            now = {"bytes": told.st_size, "at_ns": told.st_mtime_ns}
            before = noted.get(name, {})
            same = {key: before.get(key) for key in now} == now
            found[name] = before if same else {**now, "sha256": _sha256(path)}
    if found != noted:
        with contextlib.suppress(OSError):
            write(_list(folder), json.dumps(found).encode())


def _noted(folder: Path) -> dict[str, dict[str, Any]]:
    """By name of the file what was noted of it; nothing where the list itself is damaged."""
    try:
        found = json.loads(read(_list(folder), MOST_BYTES))
        return {str(name): {**told, "sha256": told["sha256"]} for name, told in found.items()}
    except (OSError, ValueError, RecursionError, TypeError, KeyError, AttributeError):
        return {}


def _list(folder: Path) -> Path:
    """Beside the folder: what is in that is the framework's."""
    return folder.with_name(f"{folder.name}.sums")


def _files(folder: Path) -> list[Path]:
    return [path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink()]


def _sha256(path: Path) -> str:
    with opened(path) as file:
        digest = hashlib.sha256()
        while chunk := file.read(2**20):
            digest.update(chunk)
    return digest.hexdigest()

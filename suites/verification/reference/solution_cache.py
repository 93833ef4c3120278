"""The cache of solved references: files under names made of all that their bytes depend on.

One solution serves every workload of which the same is solved. A workload's own name for it ends in
the hash of its arrays, which may be more than were solved.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import shutil
import time
import zipfile
from collections.abc import Sequence
from pathlib import Path

from suites.data import arrays
from suites.verification.reference.canonical import asked
from suites.workload import Workload, definition_hash, reduced_for_reference

UNUSED_S = 24 * 3600
"""After this long a file of another source is not one that a running process has just found."""


def solution(workload: Workload, precision: str, seed: int, cache: Path) -> Path:
    """Where the expected values of this workload are, or belong."""
    return cache / f"{_key(asked(workload), precision, seed)}.npz"


def find(workload: Workload, precision: str, seed: int, cache: Path) -> Path | None:
    """The file of expected values under the workload's own name, if the cache holds it."""
    for path in cache.glob(f"{_key(workload, precision, seed)}-*.npz"):
        if readable(path):
            with contextlib.suppress(OSError):
                path.touch()  # so that no other source deletes it meanwhile
            return path
    return None


def name(
    path: Path, workload: Workload, precision: str, seed: int, drawn: Sequence[int] = ()
) -> Path:
    """The workload's own name for this solution: a link, or a copy where there are no links.
    `drawn` are the samples that are checked: the timed ones, unless a twin is checked."""
    made = arrays.make(workload, seed, drawn if reduced_for_reference(workload) == workload else ())
    made.close()
    own = path.with_name(f"{_key(workload, precision, seed)}-{made.sha256()}.npz")
    own.unlink(missing_ok=True)  # not found, so it is damaged
    try:
        own.hardlink_to(path)
    except FileExistsError:  # another process was faster
        return own
    except OSError:
        aside = own.with_name(f".{os.getpid()}.{own.name}")
        shutil.copyfile(path, aside)
        aside.replace(own)
    return own


def readable(path: Path) -> bool:
    """Whether there is a whole file; a damaged one counts as absent."""
    try:
        with zipfile.ZipFile(path) as file:
            return len(file.namelist()) > 0
    except (OSError, ValueError, zipfile.BadZipFile):
        return False


def arrays_sha256(path: Path) -> str:
    """Hash of the arrays of the workload whose name this is."""
    return path.stem.rpartition("-")[2]


def prune(cache: Path) -> None:
    """Delete what other sources solved, and what was left half-written: it is never read again."""
    before = time.time() - UNUSED_S
    for path in cache.glob("*.npz"):
        if not path.name.startswith(f"{source_hash()}-"):
            with contextlib.suppress(OSError):  # another process may delete them too
                if path.stat().st_mtime < before:
                    path.unlink()


@functools.cache
def source_hash() -> str:
    """Hash of the files a reference depends on."""
    suites = Path(__file__).parents[2]
    folders = ("data", "layers", "verification", "workload")
    files = [file for folder in folders for file in sorted((suites / folder).rglob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _key(workload: Workload, precision: str, seed: int) -> str:
    described = f"{definition_hash(workload)} {precision} {seed}"
    return f"{source_hash()}-{hashlib.sha256(described.encode()).hexdigest()[:32]}"

"""A store's Parquet files on this machine: those of a folder as they lie, others in a cache."""

from __future__ import annotations

import contextlib
import hashlib
import time
from collections.abc import Iterator
from pathlib import Path

from bench import whole_file
from bench.store.faults import StoreFault
from bench.store.places import Place
from reports.store import index, parquet
from reports.store.index import File
from reports.store.schema import NAMES, Table

CACHE = Path(__file__).resolve().parents[2] / ".cache" / "store"

KEPT_S = 30 * 86_400
"""How long a file of the cache is kept that nobody asked for, in seconds."""

_PIECE = 2**22


def local(place: Place, cache: Path = CACHE) -> dict[Table, list[Path]]:
    """The files of each table, held against hash and columns. Raises StoreFault, OSError."""
    found: dict[Table, list[Path]] = {name: [] for name in NAMES}
    for month in index.months(place):
        for part in index.read(place, month).parts:
            for name, file in part.files.items():
                if file.rows:
                    path = _local(place, month, file, cache)
                    parquet.check(path, month, name, file)
                    found[name].append(path)
    _forget(cache)
    return found


def _local(place: Place, month: str, file: File, cache: Path) -> Path:
    if place.is_folder:
        path = Path(place.root) / parquet.path(month, file)
        with contextlib.suppress(OSError):
            if _hash(path) == file.sha256:
                return path
        parquet.fetch(place, month, file)  # which says what is wrong with it
        raise StoreFault(f"{path} changed while it was read. Try again.")
    path = cache / f"{file.sha256}.parquet"
    with contextlib.suppress(OSError):
        if _hash(path) == file.sha256:
            path.touch()
            return path
    cache.mkdir(parents=True, exist_ok=True)
    whole_file.write(path, parquet.fetch(place, month, file))
    return path


def _hash(path: Path) -> str:
    """Of a regular file; empty of anything else."""
    if not path.is_file():
        return ""
    digest = hashlib.sha256()
    with path.open("rb") as file:
        while piece := file.read(_PIECE):
            digest.update(piece)
    return digest.hexdigest()


def _forget(cache: Path) -> None:
    for path in _files(cache):
        with contextlib.suppress(OSError):
            if time.time() - path.stat().st_mtime > KEPT_S:
                path.unlink()


def _files(cache: Path) -> Iterator[Path]:
    return cache.glob("*.parquet")

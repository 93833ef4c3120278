"""Folders of files that may be made again: how large they may grow, and what room their disk has.

Standard library and Python 3.9 only: caches of the host and of every worker use it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from pathlib import Path


def bound(root: Path, most_bytes: int) -> None:
    """Remove files until at most half as many bytes are left, where there are more: those that were
    written first. Others may do so meanwhile, and may be reading: what is gone is made again."""
    files = sorted(_files(root))
    held = sum(size for _, size, _ in files)
    if held <= most_bytes:
        return
    for _, size, path in files:
        if held <= most_bytes / 2:
            break
        with contextlib.suppress(OSError):
            path.unlink()
        held -= size


def free_space(place: Path) -> str:
    """`12.3 MiB free on its disk`, of the disk that the path, or the folder above it, is on."""
    for folder in (place, *place.absolute().parents):
        with contextlib.suppress(OSError):
            return f"{shutil.disk_usage(folder).free / 2**20:,.1f} MiB free on its disk"
    return "its disk does not answer"


def _files(root: Path) -> list[tuple[float, int, Path]]:
    """When each was written, its bytes, and where it is."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            path = Path(folder, name)
            with contextlib.suppress(OSError):
                told = path.lstat()
                found.append((told.st_mtime, told.st_size, path))
    return found

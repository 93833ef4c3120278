"""Files that can be made again: read without waiting, written whole or not at all, and bounded.

Standard library and Python 3.9 only: caches of the host and of every worker use it.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import time
from pathlib import Path

from suites.data.outside_file import beginning

UNFINISHED_S = 600.0
"""Longest that a file may take to be written."""


def read(path: Path, most_bytes: int) -> bytes:
    """The file's bytes. Raises OSError, also where there are more."""
    content = beginning(path, most_bytes + 1)
    if len(content) > most_bytes:
        raise OSError(f"{path} has more than {most_bytes} bytes")
    return content


def write(path: Path, *parts: bytes, mode: int = 0o666) -> None:
    """Write aside and rename into place, so that nobody reads half of it; its folder is made if
    need be. Raises OSError, and leaves nothing then."""
    aside = path.with_name(f".{os.getpid()}.{path.name}")
    path.parent.mkdir(parents=True, exist_ok=True)
    aside.unlink(missing_ok=True)
    try:
        with os.fdopen(os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
            file.writelines(parts)
        aside.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            aside.unlink()
        raise


def sweep(folder: Path) -> None:
    """Remove what processes that were killed had written aside in the folder, and not yet renamed.

    A process of another machine that shares the disk is not known here: its files are young.
    """
    with contextlib.suppress(OSError):
        for path in folder.glob(".*.*"):
            pid = path.name.split(".")[1]
            if pid.isdecimal() and len(pid) < 10 and not _runs(int(pid)) and _is_old(path):
                with contextlib.suppress(OSError):
                    path.unlink()


def _runs(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except OSError:  # another user's
        return True
    return True


def _is_old(path: Path) -> bool:
    with contextlib.suppress(OSError):
        return time.time() - path.lstat().st_mtime > UNFINISHED_S
    return False


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

"""Where a framework's compiled programs are kept for later processes of the same environment.

In the worker, which knows its packages. A folder belongs to one set of versions on one machine; all
together are bounded.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import platform
from collections.abc import Iterable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent / ".cache" / "compiled"

MOST_BYTES = 2**31
"""Of all folders. Beyond it the files that were written first go, until half is left."""


def folder(framework: str, packages: Iterable[str], root: Path = ROOT) -> str | None:
    """The folder of these packages here; None where none can be made."""
    here = (platform.python_version(), platform.machine(), platform.node(), *sorted(packages))
    stamp = hashlib.sha256("\n".join(here).encode()).hexdigest()[:16]
    found = root / f"{framework}-{stamp}"
    try:
        found.mkdir(parents=True, exist_ok=True)
    except OSError:
        return None
    bound(root, MOST_BYTES)
    return str(found)


def bound(root: Path, most_bytes: int) -> None:
    """Remove files until at most half as many bytes are left, where there are more. Others may do
    so meanwhile, and may be reading: a file that is gone is compiled again."""
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

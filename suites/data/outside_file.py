"""Files from outside, opened only where they are files: nothing that waits, acts or never ends.

Standard library and Python 3.9 only: caches of the host and of every worker use it.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO

_KINDS = {
    stat.S_IFIFO: "a pipe",
    stat.S_IFSOCK: "a socket",
    stat.S_IFCHR: "a device",
    stat.S_IFBLK: "a device",
    stat.S_IFDIR: "a folder",
}

_FLAGS = os.O_RDONLY | sum(
    getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_NOCTTY", "O_BINARY")
)

_MADE_UP = (Path("/proc"), Path("/sys"))
"""Where a system shows itself as files, some of which wait or are made anew for ever."""


class NotAFile(OSError):
    """What has this name is no regular file; the message says what it is."""


def opened(path: Path) -> BinaryIO:
    """The regular file of this name, to read. Raises OSError, NotAFile where it is none.

    Looked at before it is opened, since opening a pipe waits and opening a device may act; and
    afterwards, since it may be another by then.
    """
    _check(path, path.stat())
    descriptor = os.open(path, _FLAGS)
    try:
        _check(path, os.fstat(descriptor))
    except NotAFile:
        os.close(descriptor)
        raise
    return os.fdopen(descriptor, "rb")


def beginning(path: Path, most: int) -> bytes:
    """The first `most` bytes of the file. Raises OSError."""
    with opened(path) as file:
        return file.read(most)


def _check(path: Path, found: os.stat_result) -> None:
    kind = stat.S_IFMT(found.st_mode)
    what = "" if kind == stat.S_IFREG else _KINDS.get(kind, "something else")
    if not what and found.st_dev in _made_up():
        what = "a file that the system makes up"
    if what:
        raise NotAFile(f"{path} is {what}. Expected a regular file.")


def _made_up() -> set[int]:
    return {path.stat().st_dev for path in _MADE_UP if path.is_mount()}

"""One run at a time: two on one machine would spoil each other's times."""

from __future__ import annotations

import contextlib
import json
import os
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import filelock

from suites.data import outside_file
from suites.errors import UserError

VARIABLE = "METALBENCH_LOCK"
"""Folder of the lock where it is not /tmp, which is one and the same whatever TMPDIR says."""


class Busy(UserError):
    """Another run holds the machine; the message names its process."""


class NoFolder(UserError):
    """There is no folder for the lock; the message says which was named."""


@contextlib.contextmanager
def held(what: str) -> Iterator[str | None]:
    """The machine to oneself, for this user. Raises Busy, NoFolder, OSError.

    Gives a sentence about the run before, if it died without letting go; the system itself frees
    the lock of a dead process, so a stale one never stands in the way.
    """
    folder = _folder()
    note = folder / "run.json"
    lock = filelock.FileLock(folder / "run.lock")
    try:
        lock.acquire(timeout=0)
    except filelock.Timeout:
        raise Busy(_sentence(_read(note))) from None
    try:
        died = _read(note)
        note.unlink(missing_ok=True)
        _write(note, {"pid": os.getpid(), "what": what, "since": time.strftime("%H:%M:%S")})
        yield f"an earlier run (process {died['pid']}) was killed" if died else None
    finally:
        note.unlink(missing_ok=True)
        lock.release()


def _folder() -> Path:
    """A folder of this user's own: others may write beside it in a shared temporary folder."""
    folder = Path(os.environ.get(VARIABLE, "/tmp")) / f"metalbench-{os.getuid()}"
    try:
        folder.mkdir(mode=0o700, exist_ok=True)
    except OSError as error:
        raise NoFolder(
            f"there is no place for the lock that keeps two runs apart ({error.strerror}). "
            f"Expected in {VARIABLE} a folder that exists and can be written to, or nothing: "
            "then /tmp. "
            f"Received: {folder.parent}"
        ) from None
    found = folder.lstat()
    if folder.is_symlink() or found.st_uid != os.getuid() or found.st_mode & 0o022:
        raise Busy(
            f"{folder} is not safe to use. Expected a folder of your own that nobody else can "
            f"write to. Remove it: rm -r {folder}"
        )
    return folder


def _sentence(holder: dict[str, Any]) -> str:
    if not holder:
        return "another run is measuring on this machine. Expected one at a time: wait for it."
    pid = holder["pid"]
    return (
        f"another run is measuring on this machine. Expected one at a time. Received: process "
        f"{pid} ({holder['what']}), since {holder['since']}. Wait for it, or stop it: "
        f"kill -INT {pid}"
    )


def _read(note: Path) -> dict[str, Any]:
    """Whose lock it is; empty where that is unknown."""
    try:
        found = json.loads(outside_file.beginning(note, 2**16))
        return {"pid": int(found["pid"]), "what": str(found["what"]), "since": str(found["since"])}
    except (OSError, ValueError, KeyError, TypeError, RecursionError):
        return {}


def _write(note: Path, holder: dict[str, Any]) -> None:
    aside = note.with_suffix(f".{os.getpid()}")
    aside.write_text(json.dumps(holder), encoding="utf-8")
    aside.replace(note)

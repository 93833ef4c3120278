"""Folders that are whole or absent: built aside under a lock, stamped, and renamed into place.

Standard library and Python 3.9 only: it runs before any environment exists.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

STAMP = ".metalbench.json"
SCHEMA = 1
"""Of the stamp and of the way environments are made: a new number rebuilds them all."""

Say = Callable[[str], None]

_ASIDE = ".building-"


class BuildFailed(Exception):
    """An environment should have been made and was not; the message says why and what helps."""


def digest(*parts: object) -> str:
    """sha256 of what decides how an environment is made."""
    return hashlib.sha256(json.dumps([SCHEMA, *parts]).encode()).hexdigest()


def ensure(
    home: Path,
    sha256: str,
    say: Say,
    build: Callable[[Path], Mapping[str, Any]],
    lacking: Callable[[Mapping[str, Any]], str] = lambda stamp: "",
) -> None:
    """`home` is complete and stamped with `sha256` when this returns; if need be `build` makes it.

    `build` works in a folder aside and returns what else the stamp shall hold; the folder is
    renamed into place when it is complete. Of several processes one builds and the others wait.
    `lacking` names what is gone of a stamped one. Raises BuildFailed.
    """

    def ready() -> bool:
        found = stamp(home)
        return found.get("sha256") == sha256 and not lacking(found)

    if ready():
        return
    try:
        home.parent.mkdir(exist_ok=True)
        with _locked(home.parent, lambda line: say(f"{home.name}: {line}")):
            if not ready():
                lacks = lacking(stamp(home))
                if lacks:
                    say(f"{home.name}: {lacks} is gone or was changed: made anew")
                _replace(home, sha256, build)
    except OSError as error:
        raise BuildFailed(f"environment {home.name}: {_trouble(error)}") from error


def remove(home: Path) -> None:
    """Delete the folder, if it exists. Raises BuildFailed."""
    if not home.exists():
        return
    try:
        with _locked(home.parent, lambda _: None):
            _put_aside(home)
            _sweep(home.parent)
    except OSError as error:
        raise BuildFailed(f"environment {home.name}: {_trouble(error)}") from error


def stamp(home: Path) -> dict[str, Any]:
    """The stamp of a complete environment; empty for any other folder."""
    try:
        # The base Python may have been removed since: then bin/python is a link to nothing.
        if not (home / "bin" / "python").exists():
            return {}
        found = json.loads((home / STAMP).read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) and found.get("schema") == SCHEMA else {}


def _replace(home: Path, sha256: str, build: Callable[[Path], Mapping[str, Any]]) -> None:
    _sweep(home.parent)
    aside = home.with_name(f"{_ASIDE}{home.name}-{os.getpid()}")
    try:
        contents = {"schema": SCHEMA, "sha256": sha256, **build(aside)}
        (aside / STAMP).write_text(json.dumps(contents, indent=1), encoding="utf-8")
        if home.exists():
            _put_aside(home)
        aside.rename(home)
    finally:
        _sweep(home.parent)


def _put_aside(home: Path) -> None:
    home.rename(home.with_name(f"{_ASIDE}not-{home.name}-{os.getpid()}"))


def _sweep(folder: Path) -> None:
    """Delete what lies aside. Under the lock nobody builds, so it is left from dead processes."""
    for path in folder.glob(f"{_ASIDE}*"):
        # An orphaned uv may still be writing there; the next sweep gets the rest.
        shutil.rmtree(path, ignore_errors=True)


@contextlib.contextmanager
def _locked(folder: Path, say: Say) -> Iterator[None]:
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            say("waiting for another process that is building an environment")
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _trouble(error: OSError) -> str:
    where = error.filename or "its folder"
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return f"the disk is full at {where}. Make room, then run the same command again."
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return f"{where} cannot be written. Run from a checkout that this user can write to."
    return f"{error.strerror or error} at {where}."

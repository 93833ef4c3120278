"""The cache of solved references: what is read from it is what this program wrote, or nothing.

A file's name is made of all that its bytes depend on. Its first line holds the hash of that name
and of the bytes, so what is damaged, cut short or taken from elsewhere is solved anew. Workers may
run as the user whose files these are: what is changed while a run goes on counts for nothing.
"""

from __future__ import annotations

import contextlib
import functools
import hashlib
import os
import time
from collections.abc import Callable
from pathlib import Path

from suites.data import cache_files, outside_file
from suites.verification.reference.canonical import asked
from suites.workload import Workload, definition_hash

UNUSED_S = 24 * 3600
"""After this long a file of another source is not one that a running process will look for."""

MOST_BYTES = 2**31
"""Of all files together. Beyond it those that were written first go, until half is left."""

MOST_ENTRY_BYTES = 2**29
"""Of one file; the largest of the built-in suites has 18 MB."""

_HEAD = b"metalbench reference "

_HEAD_BYTES = len(_HEAD) + 64 + 1

_Identity = tuple[int, int, int, int]
"""Of a file: its inode, its bytes, when they were changed, and when anything about it was."""

DAMAGED = "a file was damaged, and is solved anew"
CHANGED = "another process changed a file while the run went on, and it is not used"
UNWRITABLE = "nothing can be kept there, and the run goes on without it"


class Cache:
    """A folder of files, as they were when this was made; what other processes add or change
    later is not looked at. `say` hears of each kind of trouble once."""

    def __init__(self, folder: Path, say: Callable[[str], None] = lambda line: None) -> None:
        self.folder, self._say = folder, say
        self._said: set[str] = set()
        self._known = _identities(folder)
        self._heads: dict[str, bytes] = {}
        """First lines of what was read or written."""
        self._prune()

    def holds(self, name: str) -> bool:
        """Whether there is such a file; whether it is whole shows when it is read."""
        return name in self._known

    def read(self, name: str) -> bytes | None:
        """The file's bytes as they were written; None where they are not to be had."""
        if name not in self._known:
            return None
        found = self._whole(name)
        if found is None:
            del self._known[name]
        return found

    def _whole(self, name: str) -> bytes | None:
        try:
            found, identity = _content(self.folder / name)
        except FileNotFoundError:
            return None
        except OSError:
            found, identity = b"", self._known[name]
        head, content = found[:_HEAD_BYTES], found[_HEAD_BYTES:]
        if identity != self._known[name] and head != self._heads.get(name):
            self._tell(CHANGED)
        elif head != _head(name, content):
            self._tell(DAMAGED)
        else:
            self._heads[name] = head
            return content
        return None

    def write(self, name: str, content: bytes) -> None:
        """Keep the bytes, if that is possible: written aside, whole, and renamed into place."""
        path, head = self.folder / name, _head(name, content)
        try:
            cache_files.write(path, head, content, mode=0o400)  # not even its owner may write to it
            self._known[name], self._heads[name] = _identity(path.stat()), head
        except OSError as error:
            why = f"{error.strerror or error}, {cache_files.free_space(self.folder)}"
            self._tell(f"{UNWRITABLE} ({why})")

    def drop_changed(self) -> None:
        """Delete what others changed since this was made; for when all workers have ended."""
        now = _identities(self.folder)
        own = {name: each for name, each in self._known.items() if name.startswith(source_hash())}
        for name, identity in own.items():
            if now.get(name, identity) != identity and self._whole(name) is None:
                with contextlib.suppress(OSError):
                    (self.folder / name).unlink()

    def _prune(self) -> None:
        """Delete what other sources solved, and what was left half-written."""
        before_ns = (time.time() - UNUSED_S) * 1e9
        for name, (_, _, changed_ns, _) in self._known.items():
            if changed_ns < before_ns and not name.startswith(f"{source_hash()}-"):
                with contextlib.suppress(OSError):  # another process may delete them too
                    (self.folder / name).unlink()
        cache_files.bound(self.folder, MOST_BYTES)

    def _tell(self, trouble: str) -> None:
        kind = trouble.partition(" (")[0]
        if kind not in self._said:
            self._said.add(kind)
            self._say(f"cache of solved references, {self.folder}: {trouble}")


def solution(workload: Workload, precision: str, seed: int) -> str:
    """Name of the file of this workload's expected values: of all workloads with the same ones."""
    return f"{_key(asked(workload), precision, seed)}.npz"


def fingerprint(workload: Workload, precision: str, seed: int) -> str:
    """Name of the file that holds the hash of this workload's arrays, which may be more than were
    solved."""
    return f"{_key(workload, precision, seed)}.sha256"


@functools.cache
def source_hash() -> str:
    """Hash of the files a reference depends on."""
    suites = Path(__file__).parents[2]
    folders = ("data", "layers", "operations", "verification", "workload")
    files = [file for folder in folders for file in sorted((suites / folder).rglob("*.py"))]
    return hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:16]


def _key(workload: Workload, precision: str, seed: int) -> str:
    described = f"{definition_hash(workload)} {precision} {seed}"
    return f"{source_hash()}-{hashlib.sha256(described.encode()).hexdigest()[:32]}"


def _head(name: str, content: bytes) -> bytes:
    """The first line of a file: the name is in its hash, since a whole file may be another's."""
    digest = hashlib.sha256(name.encode() + b"\0")
    digest.update(content)
    return _HEAD + digest.hexdigest().encode() + b"\n"


def _content(path: Path) -> tuple[bytes, _Identity]:
    """A file's bytes and what tells whether it is still the same. Raises OSError."""
    with outside_file.opened(path) as file:
        content = file.read(MOST_ENTRY_BYTES + 1)
        return content, _identity(os.fstat(file.fileno()))


def _identity(found: os.stat_result) -> _Identity:
    return found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns


def _identities(folder: Path) -> dict[str, _Identity]:
    """Of every file there is."""
    known: dict[str, _Identity] = {}
    with contextlib.suppress(OSError), os.scandir(folder) as entries:
        for entry in entries:
            with contextlib.suppress(OSError):
                known[entry.name] = _identity(entry.stat(follow_symlinks=False))
    return known

"""What a worker observed, on its way to the host: an .npz file that the host does not trust."""

from __future__ import annotations

import tempfile
import zipfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import numpy as np

from suites.data.arrays import Array
from suites.data.cache_files import free_space

MAX_BYTES = 2**31
"""Of the arrays of one file. Digests are small; the learned weights of a model may come whole."""

MAX_ARRAYS = 100_000

_PREFIX = "metalbench-"
NUMBERS = "fiub"
"""Kinds of NumPy's types that are compared. A complex one would lose a part without a word."""

SPARE_BYTES = 2**28
"""What a step's results may take on the host besides four times what its work gives: float64, and
more than was asked for."""

BROKEN = (
    *(OSError, EOFError, MemoryError, NotImplementedError, RuntimeError),
    *(KeyError, SyntaxError, ValueError, zipfile.BadZipFile, zlib.error),
)
"""What reading a file that somebody has made up may raise."""


class Unusable(ValueError):
    """The file is not what a worker should have written; the message says how."""


class Unwritable(OSError):
    """There is no room for the file; the message says where."""


def most_bytes(output_bytes: int) -> int:
    """What a step's results may take on the host, where its work gives so many bytes."""
    return 4 * output_bytes + SPARE_BYTES


def number(name: object, told: object, room_bytes: int) -> Array:
    """A result that an adapter gave, copied: it may write to its own later. Raises TypeError for
    what are no real numbers, and MemoryError before more than `room_bytes` are taken for them."""
    array = np.asarray(told)
    if array.dtype.kind not in NUMBERS:
        words = f"to_numpy returns real numbers. Received: {type(told).__name__} of {array.dtype}"
        raise TypeError(f"{words} for {name}")
    if array.nbytes > room_bytes:  # a view of little memory may be as large as it likes
        raise MemoryError(
            f"its result {name} has {array.nbytes} bytes. Expected at most {room_bytes} more of "
            "this work"
        )
    return np.array(array)


@contextmanager
def place() -> Iterator[Path]:
    """Where a worker may put such a file, in a folder that nobody else reads. Raises OSError."""
    with _folder() as folder:
        yield Path(folder, "observed.npz")


def _folder() -> tempfile.TemporaryDirectory[str]:
    try:
        return tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)
    except OSError:
        tempfile.tempdir = None  # it was there when it was looked for: there may be another
        return tempfile.TemporaryDirectory(prefix=_PREFIX, ignore_cleanup_errors=True)


def write(path: Path, observed: Mapping[str, Array]) -> None:
    """Raises Unwritable."""
    try:
        with path.open("wb") as file:
            np.savez(file, **observed)  # type: ignore[arg-type]
    except OSError as error:
        where, why = path.parent.parent, error.strerror or error
        raise Unwritable(
            f"what it observed cannot be written to {where}: {why}, {free_space(where)}. "
            "Make room there, or name another folder in TMPDIR"
        ) from None


def read(path: Path) -> dict[str, Array]:
    """Numbers by name. Raises Unusable for everything else."""
    try:
        with zipfile.ZipFile(path) as archive:
            entries = archive.infolist()
        size = sum(entry.file_size for entry in entries)
        if size > MAX_BYTES or len(entries) > MAX_ARRAYS:
            raise Unusable(f"{len(entries)} arrays of {size} bytes in all: too many")
        with np.load(path, allow_pickle=False) as file:
            found = {name: file[name] for name in file.files}
    except Unusable:
        raise
    except BROKEN as error:
        raise Unusable(f"no file of arrays: {error!r}"[:500]) from None
    words = [name for name, array in found.items() if not _numeric(array)]
    if words:
        raise Unusable(f"{words[0][:100]} holds no numbers")
    return found


def _numeric(entry: object) -> bool:
    """What begins like no array comes as bytes."""
    return isinstance(entry, np.ndarray) and entry.dtype.kind in NUMBERS

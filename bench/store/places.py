"""Where a store lies: its URL taken apart, and its objects read within bounds and written whole."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import fsspec

from bench import whole_file
from bench.store import faults, urls
from bench.store.faults import StoreFault
from bench.values import path as typed_path
from suites.data import outside_file

_AT_ONCE = 64
"""Objects asked for at the same time, where each takes a journey."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,199}")


class Absent(StoreFault):
    """The store holds no such object."""


class TooLarge(StoreFault):
    """An object is larger than anything of its kind may be."""


@dataclass(frozen=True)
class Place:
    """A folder, or what begins with a prefix in a bucket."""

    url: str
    """As it is shown; it never holds a password."""
    scheme: str
    root: str
    """In the words of the file system, without a slash at its end."""
    system: Any
    """fsspec's."""

    @property
    def is_folder(self) -> bool:
        return self.scheme == "file"

    def get(self, name: str, most: int) -> bytes:
        """The object, of at most so many bytes. Raises Absent, TooLarge, StoreFault."""
        (found,) = self.get_each([name], most)
        if isinstance(found, StoreFault):
            raise found
        return found

    def get_each(self, names: Sequence[str], most: int) -> list[bytes | StoreFault]:
        """The same of several, in order, with what went wrong in the place of those that fail."""
        if self.is_folder:
            return [self._read(name, most) for name in names]
        with faults.told(self):
            found = self.system.cat_ranges(
                [self._full(name) for name in names],
                *([0] * len(names), [most + 1] * len(names)),
                **({} if self.scheme == "memory" else {"batch_size": _AT_ONCE}),
                on_error="return",
            )
        return [self._taken(name, one, most) for name, one in zip(names, found, strict=True)]

    def _read(self, name: str, most: int) -> bytes | StoreFault:
        try:
            found: bytes | Exception = outside_file.beginning(Path(self._full(name)), most + 1)
        except OSError as error:
            found = error
        return self._taken(name, found, most)

    def _taken(self, name: str, found: bytes | BaseException, most: int) -> bytes | StoreFault:
        if isinstance(found, FileNotFoundError) and not faults.no_bucket(found):
            return Absent(f"{self.url} holds no {name}.")
        if isinstance(found, BaseException):
            return faults.explained(found, self)
        if len(found) > most:
            return TooLarge(f"{name} of {self.url} has more than {most} bytes, as none has.")
        return bytes(found)

    def put(self, name: str, content: bytes) -> None:
        """The object, whole or not at all, in the place of an earlier one. Raises StoreFault."""
        full = self._full(name)
        with faults.told(self):
            if self.is_folder:
                Path(full).parent.mkdir(parents=True, exist_ok=True)
                whole_file.write(Path(full), content)
            else:
                self.system.pipe_file(full, content)

    def has(self, name: str) -> bool:
        """Whether there is such an object. Raises StoreFault."""
        with faults.told(self):
            return bool(self.system.exists(self._full(name)))

    def names(self, folder: str) -> list[str]:
        """What lies in a folder, sorted: names that an object of a store can have. Raises
        StoreFault."""
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), faults.told(self):
            full = self._full(folder)
            if self.is_folder:
                found = [path.name for path in Path(full).iterdir()]
            else:
                found = [str(each).rpartition("/")[2] for each in self.system.ls(full, False)]
            return sorted(name for name in found if _NAME.fullmatch(name))
        return []

    def age_s(self, name: str, now_s: float) -> float:
        """Seconds since the object was written, by the clock of whoever keeps it."""
        with faults.told(self):
            return now_s - _written_s(self.system.info(self._full(name)), now_s)

    def written_s(self, folder: str) -> dict[str, float]:
        """Objects in a folder and in its folders, each with when it was written, in seconds since
        1970 by the clock of whoever keeps it. Raises StoreFault."""
        full = Path(self._full(folder))
        with contextlib.suppress(FileNotFoundError, NotADirectoryError), faults.told(self):
            if self.is_folder:
                every = [path for depth in ("*", "*/*") for path in full.glob(depth)]
                found = {str(path): path.stat().st_mtime for path in every if path.is_file()}
            else:
                told = self.system.find(self._full(folder), detail=True)
                found = {name: _written_s(info, 0.0) for name, info in told.items()}
            return {name.removeprefix(f"{self.root}/"): when for name, when in found.items()}
        return {}

    def remove(self, name: str) -> None:
        """Take the object away, where it is there. Raises StoreFault."""
        with contextlib.suppress(FileNotFoundError), faults.told(self):
            self.system.rm_file(self._full(name))

    def _full(self, name: str) -> str:
        return f"{self.root}/{name}"


def _written_s(told: Mapping[str, Any], otherwise: float) -> float:
    """When an object was written, by what its keeper says of it."""
    keys = ("LastModified", "mtime", "created")
    when = next((told[key] for key in keys if key in told), otherwise)
    return when.timestamp() if isinstance(when, datetime) else float(when)


def at(url: str) -> Place:
    """The place with this address; nothing is asked of it yet. Raises BadValue."""
    scheme, rest = urls.parts(url)
    if scheme == "file":
        root = typed_path(rest).absolute()
        return Place(url, scheme, str(root), _system(scheme))
    shown = f"{scheme}://{rest}"
    return Place(shown, scheme, rest if scheme == "s3" else f"/{rest}".rstrip("/"), _system(scheme))


def _system(scheme: str) -> Any:
    # What was listed a minute ago is no answer: others write to the same store.
    options: dict[str, Any] = {}
    if scheme == "s3":
        options = {
            "skip_instance_cache": True,  # its keys may have changed
            "use_listings_cache": False,
            "config_kwargs": {
                "connect_timeout": 10,
                "read_timeout": 60,
                "retries": {"max_attempts": 3},
            },
        }
    return fsspec.filesystem(scheme, **options)

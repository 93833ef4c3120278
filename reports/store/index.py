"""A month's index: which Parquet files hold the rows of which runs. Replacing it is the commit."""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from bench.schema import Bytes, Sha256
from bench.store import layout, manifest
from bench.store.faults import StoreFault
from bench.store.places import Absent, Place
from reports.store.schema import NAMES, Table

MAX_BYTES = 256 * 2**20
"""Of one index: three million runs in a month."""

VERSION = 1
"""Of the tables' columns: those of another version are made anew."""

Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z]+-[0-9a-f]{16}\.parquet$")]


class File(msgspec.Struct, frozen=True, kw_only=True):
    """A Parquet file."""

    name: Name
    sha256: Sha256
    bytes: Bytes
    rows: Bytes


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What was written together: the rows of some runs, a file for each table."""

    runs: tuple[Sha256, ...]
    files: dict[Table, File]


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """Of one month. No run is in two parts."""

    parts: tuple[Part, ...] = ()
    tables: int = VERSION
    format: Literal[1] = 1

    @property
    def runs(self) -> set[str]:
        """All that are covered."""
        return {sha256 for part in self.parts for sha256 in part.runs}

    @property
    def files(self) -> set[str]:
        """Names of all files."""
        return {file.name for part in self.parts for file in part.files.values()}


_decode = msgspec.json.Decoder(Index).decode
_encode = msgspec.json.Encoder().encode


def read(place: Place, month: str) -> Index:
    """The month's index; an empty one where there is none yet, or one of other columns. Raises
    StoreFault."""
    try:
        content = place.get(layout.index(month), MAX_BYTES)
    except Absent:
        return Index()
    found = parse(content, month)
    return found if found.tables == VERSION else Index()


def parse(content: bytes, month: str) -> Index:
    """The index in a file's bytes. Raises StoreFault."""
    try:
        found = _decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        wrong = str(error)[:200]
    else:
        count = sum(len(part.runs) for part in found.parts)
        whole = all(
            part.files.keys() == set(NAMES) and part.files["machines"].rows == len(part.runs)
            for part in found.parts
        )
        if whole and count == len(found.runs):
            return found
        wrong = "a run is in two parts, or a part lacks a table or the row of a run"
    raise StoreFault(
        f"{layout.index(month)} cannot be used: {wrong}. Delete it, and `./metalbench store "
        "compact` makes the month's tables anew."
    )


def write(place: Place, month: str, found: Index) -> None:
    """Put it in the place of the earlier one. Raises StoreFault."""
    place.put(layout.index(month), _encode(found))


def months(place: Place) -> list[str]:
    """Those that have an index, oldest first. Raises StoreFault."""
    names = (name.removesuffix(".json") for name in place.names(layout.TABLES))
    return sorted({name for name in names if layout.MONTH.fullmatch(name)})


def covered(place: Place) -> set[str]:
    """Hashes of all runs that are in the tables. Raises StoreFault."""
    return {sha256 for month in months(place) for sha256 in read(place, month).runs}


def waiting(place: Place) -> int:
    """How many runs are in no table yet. Raises StoreFault."""
    received = {
        sha256 for month in manifest.months(place) for sha256 in manifest.hashes(place, month)
    }
    return len(received - covered(place))

"""Record files: one JSON object a line, written when it exists; read back as untrusted input."""

from __future__ import annotations

import contextlib
import gzip
import os
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO, cast

import msgspec

from bench.older_records import in_todays_terms
from bench.schema import SCHEMA, End, Published, Record, Run, Slice
from suites.data.cache_files import free_space
from suites.errors import UserError

MAX_LINE_BYTES = 16 * 2**20
"""A longer line is refused unread; the longest honest one, a slice of short samples, is 2 MiB."""

MAX_FILE_BYTES = 2 * 2**30
"""Reading stops here, counted after decompression."""

MAX_REFUSED = 1000
"""Bad lines after which the rest is unread: each costs memory."""

_REMEDY = "Give a records.jsonl, or a folder that holds one, made by `make bench`."

_decode = msgspec.json.Decoder(Record).decode
_encode = msgspec.json.Encoder().encode


class NotRecords(UserError):
    """The file is no record file this version can read; the message says what it is instead."""


@dataclass(frozen=True)
class RejectedLine:
    """A line that was left out."""

    line: int
    reason: str


@dataclass(frozen=True)
class Reading:
    """What a file held: good records in order, and bad lines by number and reason."""

    path: Path
    records: tuple[Record, ...]
    lines: tuple[int, ...]
    """Number of each record's line."""
    refused: tuple[RejectedLine, ...]


class Unwritable(OSError):
    """A record could not be written; the message says where, why and what room there is."""


class Writer:
    """Appends records to a new file, or to a file that a run left; each flushed when it exists."""

    def __init__(self, path: Path, *, resumed: bool = False) -> None:
        self._path = path
        # Unbuffered: what could not be written to a full disk must not be tried again on closing.
        self._file = path.open("ab" if resumed else "xb", buffering=0)

    def write(self, record: Record) -> None:
        """The record as one line, handed to the system before this returns.

        What is dear, a finished stage, is on the disk itself then; waiting for the disk after
        every slice would disturb the next. Raises Unwritable, and leaves no half of a line then.
        """
        line, file = memoryview(_encode(record) + b"\n"), self._file.fileno()
        whole = os.fstat(file).st_size
        try:
            while line:
                line = line[self._file.write(line) :]
            if not isinstance(record, Slice):
                os.fsync(file)
        except OSError as error:
            if line:
                with contextlib.suppress(OSError):
                    os.ftruncate(file, whole)
                    self._file.seek(whole)
            raise Unwritable(
                f"records cannot be written to {self._path}: {error.strerror or error}, "
                f"{free_space(self._path)}"
            ) from None

    def close(self) -> None:
        self._file.close()


def read(path: Path) -> Reading:
    """All good records of a `.jsonl` (or `.jsonl.gz`) file. Raises NotRecords, OSError.

    A line that is too long, no JSON, of an unknown kind or out of range is refused by number and
    reason. A file whose first record is no `run` or `published` of a known schema is refused whole.
    """
    records: list[Record] = []
    lines: list[int] = []
    refused: list[RejectedLine] = []
    for number, line in _lines(path, refused):
        if not records:
            _check_schema(path, number, line)
        try:
            records.append(_record(line))
            lines.append(number)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
            refused.append(RejectedLine(number, str(error)[:500]))
            if len(refused) == MAX_REFUSED:
                refused.append(RejectedLine(number + 1, f"{MAX_REFUSED} bad lines: rest unread"))
                break
    first = f" Line {refused[0].line}: {refused[0].reason}." if refused else ""
    if not records:
        wanted = "Expected lines written by a run."
        raise NotRecords(f"{path} holds no records.{first} {wanted} {_REMEDY}")
    if not isinstance(records[0], Run | Published):
        raise NotRecords(f"{path} does not begin with a run record.{first} {_REMEDY}")
    return Reading(path, tuple(records), tuple(lines), tuple(refused))


def _record(line: bytes) -> Record:
    record = _decode(line)
    return in_todays_terms(record) if isinstance(record, Run) else record


class _Head(msgspec.Struct):
    """The least any line has."""

    kind: str
    schema: int | None = None


def _check_schema(path: Path, number: int, line: bytes) -> None:
    """Refuse the file if its first good line is not ours or belongs to a newer schema."""
    try:
        head = msgspec.json.decode(line, type=_Head)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        problem = f"line {number}: {str(error)[:200]}"
        raise NotRecords(f"{path} is not a record file ({problem}). {_REMEDY}") from None
    if head.schema is not None and head.schema > SCHEMA:
        raise NotRecords(
            f"{path} has schema {head.schema}; this version reads up to {SCHEMA}. "
            "Update Metalbench with `git pull`."
        )


def _lines(path: Path, refused: list[RejectedLine]) -> Iterator[tuple[int, bytes]]:
    """Non-empty lines with their numbers, holding at most one in memory."""
    number = read_bytes = 0
    with _open(path) as file:
        try:
            for number, line in enumerate(
                iter(lambda: file.readline(MAX_LINE_BYTES), b""), start=1
            ):
                read_bytes += len(line)
                if read_bytes > MAX_FILE_BYTES:
                    refused.append(
                        RejectedLine(number, f"beyond {MAX_FILE_BYTES} bytes: rest unread")
                    )
                    return
                if len(line) == MAX_LINE_BYTES and not line.endswith(b"\n"):
                    refused.append(
                        RejectedLine(number, f"longer than {MAX_LINE_BYTES} bytes: rest unread")
                    )
                    return
                if line.strip():
                    yield number, line
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            refused.append(RejectedLine(number + 1, f"compressed data is damaged: {error}"))


def head(path: Path) -> Run | None:
    """The first line of a run's file, where it is one; the rest stays unread."""
    with path.open("rb") as file:
        try:
            first = _record(file.readline(MAX_LINE_BYTES))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
    return first if isinstance(first, Run) else None


def ended(path: Path) -> bool:
    """Whether the last whole line of a run's file says that the plan was carried out."""
    with path.open("rb") as file:
        end = _end_of_line(file, file.seek(0, os.SEEK_END))
        file.seek(_end_of_line(file, end - 1))
        try:
            return isinstance(_decode(file.readline(MAX_LINE_BYTES)), End)
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return False


def cut(path: Path) -> None:
    """Take away what a break left of a last line."""
    with path.open("r+b") as file:
        file.truncate(_end_of_line(file, file.seek(0, os.SEEK_END)))


def _end_of_line(file: BinaryIO, end: int) -> int:
    """Bytes up to and with the last newline before `end`; 0 where there is none."""
    while end > 0:
        begin = max(0, end - 2**16)
        file.seek(begin)
        newline = file.read(end - begin).rfind(b"\n")
        if newline >= 0:
            return begin + newline + 1
        end = begin
    return 0


def _open(path: Path) -> BinaryIO:
    return cast(BinaryIO, gzip.open(path, "rb")) if path.suffix == ".gz" else path.open("rb")

"""Record files: one JSON object a line, written when it exists; read back as untrusted input."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

import msgspec

from bench import bounded_lines
from bench.bounded_lines import MAX_LINE_BYTES, RestUnread
from bench.older_records import in_todays_terms
from bench.schema import SCHEMA, End, Failed, Published, Record, Run, Skipped, Slice
from suites.data import outside_file
from suites.data.cache_files import free_space
from suites.errors import UserError

MAX_MEMORY_BYTES = 192 * 2**20
"""Of what a file holds, slices apart: what it would take in memory, by a guess from above."""

MAX_SAMPLES = 20_000_000
"""Of a file: the samples and latencies of all its slices."""

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
    """Everything that `scan` gives, at once. Raises NotRecords, OSError."""
    records: list[Record] = []
    lines: list[int] = []
    refused: list[RejectedLine] = []
    for number, found in scan(path):
        if isinstance(found, RejectedLine):
            refused.append(found)
        else:
            records.append(found)
            lines.append(number)
    return Reading(path, tuple(records), tuple(lines), tuple(refused))


def scan(path: Path) -> Iterator[tuple[int, Record | RejectedLine]]:
    """The lines of a `.jsonl` (or `.jsonl.gz`) file by number, as records where they are good.

    A line that is too long, no JSON, of an unknown kind or out of range is refused. A file whose
    first record is no `run` or `published` of a known schema is refused whole, before anything is
    given. What a file may cost is bounded. Raises NotRecords, OSError.
    """
    refused: list[RejectedLine] = []
    begun = False
    for number, found in _scanned(path):
        if isinstance(found, RejectedLine):
            refused.append(found)
            if begun:
                yield number, found
            continue
        if not begun:
            if not isinstance(found, Run | Published):
                raise NotRecords(
                    f"{path} does not begin with a run record.{_first(refused)} {_REMEDY}"
                )
            yield from ((bad.line, bad) for bad in refused)
            begun = True
        yield number, found
    if not begun:
        wanted = "Expected lines written by a run."
        raise NotRecords(f"{path} holds no records.{_first(refused)} {wanted} {_REMEDY}")


def _first(refused: Sequence[RejectedLine]) -> str:
    return f" Line {refused[0].line}: {refused[0].reason}." if refused else ""


def _scanned(path: Path) -> Iterator[tuple[int, Record | RejectedLine]]:
    """The same, whatever comes first."""
    bad, cost, begun = 0, _Cost(), False
    try:
        for number, line in bounded_lines.lines(path):
            if not begun:
                _check_schema(path, number, line)
            try:
                record = decoded(line)
            except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
                yield number, RejectedLine(number, str(error)[:500])
                bad += 1
                if bad == MAX_REFUSED:
                    raise RestUnread(number + 1, f"{bad} bad lines: rest unread") from None
            else:
                cost.add(record, line, number)
                begun = True
                yield number, record
    except RestUnread as rest:
        yield rest.line, RejectedLine(rest.line, str(rest))
    except outside_file.NotAFile as error:
        raise NotRecords(f"{error} {_REMEDY}") from None


@dataclass
class _Cost:
    """What the records so far take."""

    memory_bytes: int = 0
    samples: int = 0

    def add(self, record: Record, line: bytes, number: int) -> None:
        """Raises RestUnread where that is more than a file may take."""
        if isinstance(record, Slice):  # a reader makes a row of it; its samples are what is many
            self.samples += len(record.samples_s) + len(record.latencies_s)
            if self.samples > MAX_SAMPLES:
                raise RestUnread(number, f"beyond {MAX_SAMPLES} samples: rest unread")
            return
        # A character takes up to four bytes where one of its text is beyond the first 256, and a
        # reason is told again with its stage; an object takes 100 bytes and a value 32, however
        # short they are written.
        wide = not line.isascii() or b"\\u" in line
        twice = isinstance(record, Failed | Skipped)
        self.memory_bytes += len(line) * (4 if wide else 1) * (2 if twice else 1)
        self.memory_bytes += 256 + 100 * line.count(b"{") + 32 * line.count(b",")
        if self.memory_bytes > MAX_MEMORY_BYTES:
            wanted = f"beyond {MAX_MEMORY_BYTES} bytes of memory"
            raise RestUnread(number, f"{wanted}: rest unread")


def decoded(line: bytes) -> Record:
    """The record of a line. Raises DecodeError, RecursionError, UnicodeDecodeError."""
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


def head(path: Path) -> Run | None:
    """The first line of a run's file, where it is one; the rest stays unread."""
    with outside_file.opened(path) as file:
        try:
            first = decoded(file.readline(MAX_LINE_BYTES))
        except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
            return None
    return first if isinstance(first, Run) else None


def ended(path: Path) -> bool:
    """Whether the last whole line of a run's file says that the plan was carried out."""
    with outside_file.opened(path) as file:
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

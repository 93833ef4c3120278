"""Lines of a file from outside, plain or compressed, within bounds that no honest file reaches."""

from __future__ import annotations

import io
import time
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

from suites.data import outside_file

MAX_LINE_BYTES = 4 * 2**20
"""The longest honest line, a slice of short samples, has 2 MiB."""

MAX_FILE_BYTES = 512 * 2**20
"""Counted after decompression; ten times what a day's run writes."""

MAX_LINES = 500_000
"""Empty ones included; a day's run writes half of it."""

MAX_RATIO = 100
"""By how much a file may be compressed: records are, 5 to 40 times."""

FREE_BYTES = 16 * 2**20
"""Of so little content no ratio is asked."""

MAX_MEMBERS = 100_000
"""Files in one compressed file, which may be empty: tools that make several make each of 64 KiB."""

MAX_CPU_S = 20.0
"""CPU seconds for one file and for what is made of its lines; all other bounds take half."""

_PIECE = 2**18


class RestUnread(Exception):
    """The file holds more, which is left alone: the line that it begins with, and the reason."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


class _Stop(Exception):
    """A bound was reached, or the compression is damaged."""


def lines(path: Path) -> Iterator[tuple[int, bytes]]:
    """Lines that are not blank, with their numbers; one that no newline ends counts too.

    Raises RestUnread after all that came before it; NotAFile and OSError before any.
    """
    number, rest = 0, b""
    with outside_file.opened(path) as file:
        try:
            for piece in _within_bounds(file, path.suffix == ".gz"):
                *whole, rest = (rest + piece).split(b"\n")
                for line in whole:
                    number += 1
                    _check(line, number)
                    if line.strip():
                        yield number, line
                _check(rest, number + 1)
        except _Stop as stop:
            raise RestUnread(number + 1, str(stop)) from None
    if rest.strip():
        yield number + 1, rest


def content(path: Path) -> Iterator[bytes]:
    """The bytes of the file, unpacked, piece by piece. Raises RestUnread, NotAFile, OSError."""
    with outside_file.opened(path) as file:
        try:
            yield from _within_bounds(file, path.suffix == ".gz")
        except _Stop as stop:
            raise RestUnread(0, str(stop)) from None


def unpacked(packed: bytes) -> Iterator[bytes]:
    """The same of a compressed file that is in memory. Raises RestUnread."""
    try:
        yield from _within_bounds(io.BytesIO(packed), True)
    except _Stop as stop:
        raise RestUnread(0, str(stop)) from None


def _check(line: bytes, number: int) -> None:
    if len(line) > MAX_LINE_BYTES:
        raise RestUnread(number, f"longer than {MAX_LINE_BYTES} bytes: rest unread")
    if number > MAX_LINES:
        raise RestUnread(number, f"beyond {MAX_LINES} lines: rest unread")


def _within_bounds(file: BinaryIO, compressed: bool) -> Iterator[bytes]:
    """The content piece by piece, as far as it may be read."""
    begun_s, total = time.thread_time(), 0
    for piece, taken in _unpacked(file) if compressed else _plain(file):
        room = MAX_FILE_BYTES - total
        total += len(piece)
        if len(piece) > room:
            yield piece[:room]
            raise _Stop(f"beyond {MAX_FILE_BYTES} bytes: rest unread")
        if total > max(FREE_BYTES, MAX_RATIO * taken):
            raise _Stop(f"compressed more than {MAX_RATIO} times, as no records are: rest unread")
        if time.thread_time() - begun_s > MAX_CPU_S:
            raise _Stop(f"beyond {MAX_CPU_S:g} seconds of CPU time: rest unread")
        yield piece


def _plain(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    while piece := file.read(_PIECE):
        yield piece, file.tell()


def _unpacked(file: BinaryIO) -> Iterator[tuple[bytes, int]]:
    """Decompressed pieces, none of them longer than its bound, and the bytes read so far for them.

    By hand: `gzip` gives no word back while it goes through a million empty members.
    """
    engine, data, begun, full, members = zlib.decompressobj(wbits=31), b"", False, False, 0
    try:
        while data or full or (data := file.read(_PIECE)):
            piece = engine.decompress(data, _PIECE)
            data, begun, full = engine.unconsumed_tail, True, len(piece) == _PIECE
            if engine.eof:
                data = engine.unused_data.lstrip(b"\0")  # members may be padded
                engine, begun, full = zlib.decompressobj(wbits=31), False, False
                members += 1
                if members > MAX_MEMBERS:
                    raise _Stop(f"beyond {MAX_MEMBERS} compressed files in one: rest unread")
            yield piece, file.tell() - len(data)
    except zlib.error as error:
        raise _Stop(f"compressed data is damaged: {error}") from None
    if begun:
        raise _Stop("compressed data is damaged: it ends before its end")

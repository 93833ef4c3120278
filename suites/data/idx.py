"""IDX files: arrays of bytes behind a header, compressed; read only when they are the known ones.

The format: two zero bytes, the type of the values (8: unsigned bytes), the number of axes, four
big-endian bytes for each axis, the values (http://yann.lecun.com/exdb/mnist/, "file formats").
"""

from __future__ import annotations

import gzip
import hashlib
import io
import math
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from suites.data import outside_file
from suites.layers import Shape

MOST_BYTES = 64 * 2**20
"""The largest compressed file that is read; the largest known has 26 MB."""


class WrongFile(ValueError):
    """The file is not the one expected, or no IDX file at all; the message names it."""


@dataclass(frozen=True)
class Known:
    """One published file."""

    name: str
    shape: Shape
    """Of the array that it holds."""
    sha256: str
    """Of the file as published, compressed."""


def read(folder: Path, known: Known) -> npt.NDArray[np.uint8]:
    """The file's array, read-only, once it has proved to be the one published.

    Raises WrongFile; OSError when it cannot be read.
    """
    compressed = checked(folder / known.name, known.sha256)
    try:
        return decode(compressed, known.shape)
    except WrongFile as error:
        raise WrongFile(f"{folder / known.name}: {error}") from None


def checked(path: Path, sha256: str) -> bytes:
    """The bytes of the file. Raises WrongFile unless they have the hash."""
    content = outside_file.beginning(path, MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise WrongFile(f"{path} is too large. Expected at most {MOST_BYTES} bytes")
    received = hashlib.sha256(content).hexdigest()
    if received != sha256:
        raise WrongFile(
            f"{path} is not the published file: damaged, cut short or another. "
            f"Expected sha256 {sha256}. Received: {received} ({len(content)} bytes)"
        )
    return content


def decode(compressed: bytes, shape: Shape) -> npt.NDArray[np.uint8]:
    """The array of a compressed IDX file, read-only. Raises WrongFile for anything else.

    Never more is decompressed than the array expected takes.
    """
    header = bytes([0, 0, 8, len(shape)]) + np.array(shape, dtype=">u4").tobytes()
    expected = len(header) + math.prod(shape)
    raw = _decompressed(compressed, expected)
    if raw[: len(header)] != header:
        raise WrongFile(f"no IDX file of bytes {_axes(shape)}. Received: {_described(raw)}")
    if len(raw) != expected:
        more = " or more" if len(raw) > expected else ""
        raise WrongFile(f"expected {expected} bytes of content. Received: {len(raw)}{more}")
    return np.frombuffer(raw, np.uint8, offset=len(header)).reshape(shape)


def _decompressed(compressed: bytes, expected: int) -> bytes:
    """The content, of which at most one byte more than expected."""
    try:
        with gzip.open(io.BytesIO(compressed)) as file:
            return file.read(expected + 1)
    except (OSError, EOFError, zlib.error) as error:
        raise WrongFile(f"no whole gzip file: {error}") from None


def _described(raw: bytes) -> str:
    """What a header says, as far as it is one."""
    if len(raw) < 4 or raw[:2] != b"\0\0":
        return f"a file beginning with {raw[:4].hex() or 'nothing'}"
    if len(raw) < 4 + 4 * raw[3]:
        return f"a header of {len(raw)} bytes for {raw[3]} axes"
    sizes: list[Any] = np.frombuffer(raw, ">u4", raw[3], 4).tolist()
    return f"type {raw[2]} {_axes(sizes)}"


def _axes(sizes: Any) -> str:
    return "x".join(str(size) for size in list(sizes)[:8])

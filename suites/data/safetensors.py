"""Weights in a file that every framework can share: safetensors, written and read with NumPy.

The format: 8 bytes with the header's length, the header as JSON, the arrays' bytes one after the
other (https://github.com/huggingface/safetensors, "Format"); all numbers little-endian.
"""

from __future__ import annotations

import json
import math
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

from suites.data import outside_file
from suites.layers import Parameter, Shape

Array = npt.NDArray[Any]

ITEMSIZE = {"F32": 4, "F16": 2, "BF16": 2}
"""Bytes of one value, by the types that are read."""

HEADER_BYTES = 2 * 2**20
"""The longest header read, which may take thirty times as much in memory; BERT's has 20 kB."""

NAMED = 5
"""How many wrong weights of a kind a message names."""


class WrongWeights(ValueError):
    """These are not the weights a model expects, or no weights at all; the message says why."""


def save(path: Path, weights: Mapping[str, Array]) -> None:
    """Write the weights as float32, aside and then into place."""
    arrays = {name: np.asarray(array, dtype="<f4", order="C") for name, array in weights.items()}
    entries, end = {}, 0
    for name, array in arrays.items():
        begin, end = end, end + array.nbytes
        entries[name] = {"dtype": "F32", "shape": array.shape, "data_offsets": [begin, end]}
    header = json.dumps(entries).encode()
    header += b" " * (-len(header) % 8)  # so that the arrays' bytes begin at a multiple of 8
    aside = path.with_name(f".{os.getpid()}.{path.name}")
    with aside.open("wb") as file:
        file.write(len(header).to_bytes(8, "little") + header)
        for array in arrays.values():
            file.write(array.data)
    aside.replace(path)


def load(path: Path, expected: Mapping[str, Parameter]) -> dict[str, Array]:
    """The weights in the file as read-only float32, in the order of `expected`.

    Raises WrongWeights unless the file is whole and holds exactly the weights expected; OSError.
    """
    try:
        with outside_file.opened(path) as file:
            entries, data = _header(file)
            shapes = {name: parameter.shape for name, parameter in expected.items()}
            match({name: entry.shape for name, entry in entries.items()}, shapes)
            return {name: _read(file, data, entries[name]) for name in expected}
    except WrongWeights as error:
        raise WrongWeights(f"{path}: {error}") from None


def match(given: Mapping[str, Shape], expected: Mapping[str, Shape]) -> None:
    """Raise WrongWeights naming what is missing, unknown and wrongly shaped, if anything is."""
    misshapen = (
        f"{name!r} expected {list(shape)}, received {list(given[name])}"
        for name, shape in expected.items()
        if name in given and tuple(given[name]) != shape
    )
    wrong = {
        "missing": [repr(name) for name in expected if name not in given],
        "unknown": [repr(name)[:100] for name in given if name not in expected],
        "of another shape": list(misshapen),
    }
    problems = [f"{kind}: {_some(names)}" for kind, names in wrong.items() if names]
    if problems:
        raise WrongWeights(
            f"not the weights of this model. Expected {len(expected)} arrays, received "
            f"{len(given)}. {'; '.join(problems)}"
        )


def _some(names: list[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


@dataclass(frozen=True)
class _Entry:
    """Where an array lies among the bytes behind the header."""

    dtype: str
    shape: Shape
    begin: int
    end: int


def _header(file: BinaryIO) -> tuple[dict[str, _Entry], int]:
    """The file's entries and where the arrays' bytes begin. Raises WrongWeights."""
    size = os.fstat(file.fileno()).st_size
    length = int.from_bytes(file.read(8), "little")
    if size < 8 or length > min(size - 8, HEADER_BYTES):
        raise WrongWeights(
            f"no safetensors file. Expected a header of at most {HEADER_BYTES} bytes within the "
            f"file. Received: {size} bytes, which announce a header of {length}"
        )
    try:
        header = json.loads(file.read(length), object_pairs_hook=_once)
    except (ValueError, RecursionError) as error:
        raise WrongWeights(f"the header is no JSON: {str(error)[:200]}") from None
    if not isinstance(header, dict):
        raise WrongWeights(f"the header is no object, but {type(header).__name__}")
    header.pop("__metadata__", None)
    entries = {name: _entry(name, fields) for name, fields in header.items()}
    _check_extents(entries.values(), size - 8 - length)
    return entries, 8 + length


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object that names nothing twice."""
    fields = dict(pairs)
    if len(fields) < len(pairs):
        raise ValueError("a name occurs twice")
    return fields


def _entry(name: str, fields: Any) -> _Entry:
    what = f"the entry of {name!r:.100}"
    if not isinstance(fields, dict) or set(fields) != {"dtype", "shape", "data_offsets"}:
        raise WrongWeights(f"{what} expects dtype, shape and data_offsets")
    dtype, shape, offsets = fields["dtype"], fields["shape"], fields["data_offsets"]
    if not isinstance(dtype, str) or dtype not in ITEMSIZE:
        raise WrongWeights(f"{what} expects a type of {', '.join(ITEMSIZE)}: {dtype!r:.40}")
    if not _counts(shape) or len(shape) > 8:
        raise WrongWeights(f"{what} expects at most 8 axes of whole numbers: {shape!r:.100}")
    if not _counts(offsets) or len(offsets) != 2:
        raise WrongWeights(f"{what} expects two offsets: {offsets!r:.100}")
    begin, end = offsets
    if end - begin != math.prod(shape) * ITEMSIZE[dtype]:
        raise WrongWeights(
            f"{what} expects the bytes of its {dtype} {shape!r:.100}. Received: {begin} to {end}"
        )
    return _Entry(dtype, tuple(shape), begin, end)


def _counts(values: Any) -> bool:
    """Whether these are whole numbers that an offset in a file can be."""
    return isinstance(values, list) and all(type(v) is int and 0 <= v < 2**63 for v in values)


def _check_extents(entries: Iterable[_Entry], size: int) -> None:
    """The arrays must follow one another without gap or overlap and fill the file."""
    reached = 0
    for entry in sorted(entries, key=lambda entry: (entry.begin, entry.end)):
        if entry.begin != reached:
            raise WrongWeights(f"an array begins at {entry.begin}. Expected: {reached}")
        reached = entry.end
    if reached != size:
        raise WrongWeights(f"the arrays end at {reached}. Received: {size} bytes of them")


def _read(file: BinaryIO, data: int, entry: _Entry) -> Array:
    file.seek(data + entry.begin)
    raw = file.read(entry.end - entry.begin)
    if len(raw) != entry.end - entry.begin:
        raise WrongWeights("the file was cut short while it was read")
    if entry.dtype == "BF16":  # the upper half of a float32
        values = (np.frombuffer(raw, "<u2").astype("<u4") << 16).view("<f4")
    else:
        values = np.frombuffer(raw, "<f2" if entry.dtype == "F16" else "<f4")
    array = values.astype(np.float32, copy=False).reshape(entry.shape)
    array.flags.writeable = False
    return array

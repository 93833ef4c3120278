"""What is kept of an array to compare it: all of it, or, of a large one, entries taken by chance
and sums over all of them with random signs, in which an error anywhere shows (Freivalds, 1977).

Both are linear: of a difference they are the differences. NumPy only, for worker and host.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from suites.data.seeded_random import Array, generator, signs

WHOLE = 2**16
"""Elements of the largest array that is kept as it is."""

ENTRIES = 2**14
SUMS = 256

BLOCK = 2**20
"""Elements converted to float64 together."""

Digest = Mapping[str, Array]
"""`shape`, and either `all` or `entries` [ENTRIES] and `sums` [SUMS]; in float64."""


def digest(array: Any, seed: int) -> dict[str, Array]:
    """What is kept of the array. The seed, with its size, says which entries and signs."""
    flat, shape = np.ravel(array), np.asarray(np.shape(array), np.int64)
    if flat.size <= WHOLE:
        return {"shape": shape, "all": np.asarray(array, np.float64)}
    places = entries(flat.size, seed)
    return {"shape": shape, "entries": flat[places].astype(np.float64), "sums": _sums(flat, seed)}


def parts(value: Digest) -> dict[str, Array]:
    """The digest without its shape."""
    return {name: array for name, array in value.items() if name != "shape"}


def entries(size: int, seed: int) -> Array:
    """Indices of the entries that are kept of so many."""
    return (generator(seed, f"entries of {size}").random(ENTRIES) * size).astype(np.int64)


def some(count: int, most: int, seed: int) -> Array:
    """At most so many of `count` indices, taken by chance where they are fewer, in order."""
    if count <= most:
        return np.arange(count)
    order = np.argsort(generator(seed, f"{most} of {count}").random(count))
    return np.sort(order[:most])


def packed(name: str, value: Digest) -> dict[str, Array]:
    """The digest as it stands in a file of many."""
    return {f"{name}|{part}": array for part, array in value.items()}


def unpacked(file: Mapping[str, Array]) -> dict[str, dict[str, Array]]:
    """Digests by name, from a file of many."""
    found: dict[str, dict[str, Array]] = {}
    for key in file:
        name, _, part = key.rpartition("|")
        found.setdefault(name, {})[part] = file[key]
    return found


def _sums(flat: Array, seed: int) -> Array:
    """SUMS sums of neighbours, all with the same random signs."""
    width = -(-flat.size // SUMS)
    chosen = signs(seed ^ zlib.crc32(b"sums"), f"signs of {flat.size}", width)
    sums = np.zeros(SUMS)
    for row in range(SUMS):
        part = flat[row * width : (row + 1) * width]
        for begin in range(0, part.size, BLOCK):
            block = part[begin : begin + BLOCK].astype(np.float64)
            sums[row] += block @ chosen[begin : begin + block.size]
    return sums

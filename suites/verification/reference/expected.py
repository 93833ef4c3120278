"""Expected values and their limits, as the host compares with them and keeps them."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from suites.data.arrays import Array
from suites.verification.digests import parts
from suites.verification.reference import limits


class Expected:
    """Expected values and limits by phase, name of the array and part of its digest; and what the
    host needs besides to work out what was observed."""

    def __init__(self) -> None:
        self.entries: dict[str, Array] = {}
        self.withdrawn: list[str] = []
        """Arrays of which nothing can be told: rounding alone reaches as far as a lie."""

    def add(
        self,
        phase: str,
        name: str,
        exact: Mapping[str, Array],
        honest: Sequence[Mapping[str, Array]],
        lies: Sequence[Mapping[str, Array]] = (),
    ) -> None:
        """An array, by its digest and those of honest and of lying solutions."""
        told = False
        for part, value in parts(exact).items():
            limit = limits.between(
                value, [each[part] for each in honest], [each[part] for each in lies]
            )
            if limit.tells:
                told = True
                self.put(f"{phase}/{name}/{part}", exact["shape"], value, limit)
        if not told:
            self.withdrawn.append(f"{phase}/{name}")

    def put(self, key: str, shape: Array, value: Array, limit: limits.Limit) -> None:
        """A value and its limits as they are. Raises ValueError without any: it could not fail."""
        if not limit.tells:
            raise ValueError(f"{key}: a value without a limit tells nothing")
        self.entries[f"{key}|shape"], self.entries[f"{key}|value"] = shape, np.asarray(value)
        limits_of = {"worst": limit.worst, "overall": limit.overall, "along": limit.along}
        for word, most in limits_of.items():
            if most is not None:
                self.entries[f"{key}|{word}"] = np.asarray(most)

    def put_each(
        self, phase: str, name: str, value: Array, most: Sequence[float], length: int
    ) -> None:
        """The first numbers of a curve of `length`, each with its own limit; none if there is
        none."""
        if not most:
            self.withdrawn.append(f"{phase}/{name}")
            return
        key = f"{phase}/{name}/all"
        self.entries[f"{key}|shape"] = np.asarray([length])
        self.entries[f"{key}|value"] = np.asarray(value[: len(most)], np.float64)
        self.entries[f"{key}|worst"] = np.asarray(most)

    def keep(self, key: str, value: Array) -> None:
        """A value that is no check."""
        self.entries[key] = np.asarray(value)

    @property
    def tells(self) -> bool:
        """Whether anything before timing could fail."""
        return any(k.startswith("before/") and k.endswith("|value") for k in self.entries)


@dataclass(frozen=True, eq=False)
class Solution:
    """What is expected of a workload, in the host's own memory: no other process can change it."""

    entries: Mapping[str, Array]
    arrays_sha256: str
    """Hash of the arrays that a contender must have made."""

    @property
    def drawn(self) -> tuple[int, ...]:
        """Which samples the first checked step is taken on: what `arrays.make` is to be told."""
        return tuple(int(number) for number in self.entries.get("drawn", ()))


def packed(entries: Mapping[str, Array]) -> bytes:
    """Entries as the bytes of a file."""
    file = io.BytesIO()
    np.savez(file, **entries)  # type: ignore[arg-type]
    return file.getvalue()


def unpacked(content: bytes) -> dict[str, Array] | None:
    """The entries of such bytes; None where they are none."""
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as file:
            return {name: file[name] for name in file.files}
    except (OSError, ValueError, KeyError, EOFError, zipfile.BadZipFile):
        return None

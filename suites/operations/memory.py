"""Operators whose time is that of memory and of the way between host and device."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar

from suites.operations.operator import Operand, Operator, Result


@dataclass(frozen=True)
class _Vector(Operator):
    """Of so many values, in one array."""

    values: int

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand((self.values,))}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result((self.values,))}

    @property
    def flop(self) -> int:
        return 0


@dataclass(frozen=True)
class Copy(_Vector):
    """Every value read and written once, into memory of its own (STREAM's copy,
    https://www.cs.virginia.edu/stream/)."""


@dataclass(frozen=True)
class Triad(_Vector):
    """x + 3 y (STREAM's triad): two arrays are read, one is written."""

    factor: ClassVar[float] = 3.0

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {name: Operand((self.values,)) for name in ("x", "y")}

    @property
    def flop(self) -> int:
        return 2 * self.values


@dataclass(frozen=True)
class HostToDevice(_Vector):
    """A host's array copied into the framework's own memory on the device."""

    from_host: ClassVar[bool] = True


@dataclass(frozen=True)
class RoundTrip(_Vector):
    """The same, and back into another array on the host."""

    from_host: ClassVar[bool] = True

    def traffic_bytes(self, itemsize: int) -> int:
        """Read and written on both ways."""
        return 2 * super().traffic_bytes(itemsize)

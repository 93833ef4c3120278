"""Everything that a check found, as it stands in figures.json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal

import msgspec

from bench.schema import Machine
from scripts.device_check.agreement import Agreement, apart
from scripts.device_check.places import Absent, Place
from scripts.device_check.plan import LeftOut
from scripts.device_check.verdicts import Cell, accused

SCHEMA = 1
"""Raised when a field changes its name or meaning."""


class Python(msgspec.Struct, frozen=True, kw_only=True):
    """A framework that was checked, and where."""

    framework: str
    where: str
    devices: tuple[str, ...]

    @classmethod
    def of(cls, place: Place) -> Python:
        devices = tuple(f"{device.id} ({device.name})" for device in place.devices)
        return cls(framework=place.framework, where=place.told, devices=devices)


class Done(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A part that was begun."""

    name: str
    given_s: float
    took_s: float
    ended: str
    """`done`, `stopped` at the end of its time, or what went wrong."""


class Figures(msgspec.Struct, kw_only=True):
    """What is known so far."""

    schema: int = SCHEMA
    begun_at: str
    minutes: float
    ended: Literal["not yet", "complete", "interrupted"] = "not yet"
    took_s: float = 0.0
    version: str
    commit: str | None
    machine: Machine | None = None
    load: float | None = None
    """Programs that wanted to run when it began, the mean over a minute."""
    pythons: Sequence[Python] = ()
    absent: Sequence[Absent] = ()
    parts: list[Done] = []
    left_out: Sequence[LeftOut] = ()
    agreement: list[Agreement] = []
    cells: list[Cell] = []

    def troubles(self) -> list[str]:
        """What someone must look at, a line each; empty where all is as it should be."""
        found = [
            f"honest, and called {cell.status}: {cell.contender} on {cell.device} in {cell.case} "
            f"({cell.reason or 'no reason given'})"
            for cell in accused(self.cells)
        ]
        found += [
            f"a lie that was not found: {cell.contender} on {cell.device} in {cell.case}"
            for cell in self.cells
            if cell.verdict == "missed"
        ]
        found += [
            f"failed: {cell.contender} on {cell.device} in {cell.case} ({cell.reason})"
            for cell in self.cells
            if cell.status == "failed"
        ]
        found += [
            f"our time of a product of order {each.order} is {each.ratio:.2f} times that of "
            f"{each.timer} ({each.framework} on {each.device})"
            for each in apart(self.agreement)
        ]
        found += [f"{each.name}: {each.ended}" for each in self.parts if each.ended not in FINE]
        return found


OUT_OF_TIME = "its time was used up"
FINE = ("done", OUT_OF_TIME)

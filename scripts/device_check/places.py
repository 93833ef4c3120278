"""The Pythons of this machine that have a framework, and the devices that each finds there."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.contenders import spec as contenders
from bench.contenders import worker_environment
from bench.contenders.discovery import ContenderSelection, discover
from bench.environments import interpreters, manager
from bench.environments.interpreters import Interpreter
from bench.machine.privacy import scrub
from frameworks import FRAMEWORKS
from frameworks.interface import Device
from suites.errors import UserError

USUAL = "python3"
IMPORT_S = 120.0
"""Of a framework, on a machine that has never read its files."""


@dataclass(frozen=True)
class Place:
    """A framework in a Python, with the devices that it can use there."""

    framework: str
    word: str
    """As FRAMEWORK takes it: `torch:PATH`."""
    interpreter: Interpreter
    devices: tuple[Device, ...] = ()

    @property
    def gpus(self) -> tuple[Device, ...]:
        return tuple(device for device in self.devices if device.kind == "gpu")

    @property
    def told(self) -> str:
        """For people: what it is and where."""
        of = self.interpreter
        packages = ", ".join(f"{name} {version}" for name, version in of.packages)
        return f"{scrub(str(of.home))} (Python {of.version}; {packages})"


@dataclass(frozen=True)
class Absent:
    """A framework that cannot be checked here, and why."""

    framework: str
    reason: str


def named(paths: Mapping[str, Sequence[str]]) -> tuple[list[Place], list[Absent]]:
    """Those at the paths given for each framework; where none is given at all, every framework that
    `python3` has. Raises UserError of a path that was given and is no such Python."""
    asked = [(name, path) for name, given in paths.items() for path in given]
    found, absent = [], []
    for name, path in asked or [(name, USUAL) for name in FRAMEWORKS]:
        try:
            of = interpreters.find(path, FRAMEWORKS[name], worker_environment.inherited(os.environ))
        except interpreters.NotUsable as error:
            if asked:
                raise
            absent.append(Absent(name, scrub(str(error))))
        else:
            found.append(Place(name, f"{name}:{_typed(path)}", of))
    return found, absent


def _typed(path: str) -> str:
    """Absolute, since what reads it runs in the checkout; a program's name as it is."""
    return path if "/" not in path else str(Path(path).expanduser().absolute())


def with_devices(
    places: Sequence[Place], say: Callable[[str], None]
) -> tuple[list[Place], list[Absent]]:
    """The same with the devices that each names; those that cannot be imported are absent."""
    specs = contenders.parse([place.word for place in places])
    wanted = ContenderSelection(
        specs=specs, device="all", precisions=["float32"], threads=None, timeout_s=IMPORT_S
    )
    discovered = discover(wanted, manager.ensure, say)
    discovered.close()
    devices: dict[str, list[Device]] = {}
    for supervisor in discovered.supervisors:
        devices.setdefault(supervisor.contender.spec.text, []).append(supervisor.contender.device)
    reasons = {each.contender: each.reason for each in discovered.absent}
    found, absent = [], []
    for place, spec in zip(places, specs, strict=True):
        if own := devices.get(spec.text):
            found.append(Place(place.framework, place.word, place.interpreter, tuple(own)))
        else:
            absent.append(Absent(place.framework, reasons.get(spec.text, "it names no device")))
    if not found:
        told = "; ".join(f"{each.framework}: {each.reason}" for each in absent)
        raise UserError(f"no framework can be imported here. {told}")
    return found, absent

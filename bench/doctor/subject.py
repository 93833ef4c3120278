"""Whom the doctor examines: a description, and what follows from it without any judgement."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

from packaging.requirements import Requirement

from bench.doctor import compatibility
from bench.doctor.finding import quoted
from bench.environments import manager, platforms, requirements
from bench.environments.platforms import Platform, Unavailable
from bench.environments.versions import within
from bench.machine.description import Description
from bench.schema import Gpu
from frameworks import FRAMEWORKS


@dataclass(frozen=True)
class Need:
    """What one case of the chosen suites takes."""

    case: str
    host_bytes: int
    """On the host, with all contenders beside each other."""
    device_bytes: int
    """On the device of one contender."""
    sharing: int = 1
    """Contenders that one GPU holds beside each other."""


@dataclass(frozen=True)
class Subject:
    """A machine to examine."""

    description: Description
    needs: tuple[Need, ...] = ()
    """Of every case that is to run; empty where that is not known."""
    shadowing: tuple[str, ...] = ()
    """Files of the checkout that Python would import in place of a package."""
    preset: str = "quick"
    pins: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Of environments not built yet: the versions they will get."""

    @property
    def mac(self) -> bool:
        return self.description.machine.system == "Darwin"

    @property
    def linux(self) -> bool:
        return self.description.machine.system == "Linux"

    @property
    def apple_silicon(self) -> bool:
        """Also where Python is translated, since the chip is still Apple's."""
        machine = self.description.machine
        ours = machine.architecture == "arm64" or bool(machine.translated)
        return self.mac and (ours or (machine.cpu or "").startswith("Apple "))

    @property
    def intel_mac(self) -> bool:
        """A Mac, or what runs as one, whose CPU is Intel's or AMD's."""
        machine = self.description.machine
        return self.mac and machine.architecture == "x86_64" and not self.apple_silicon

    @property
    def cores(self) -> int:
        machine = self.description.machine
        return max(machine.cores_physical or machine.cores_logical or 1, 1)

    @property
    def release(self) -> str:
        """Empty where it is unknown, which on a Mac a disguise is too."""
        told = self.description.machine.release or ""
        return "" if self.mac and platforms.disguised(told) else told

    def macos(self, first: str | None, below: str | None) -> bool:
        """Whether this is a Mac whose release is known and lies in the range."""
        return self.mac and within(self.release, first, below)

    def gpus(self, vendor: str) -> tuple[Gpu, ...]:
        return tuple(gpu for gpu in self.description.machine.gpus if gpu.vendor == vendor)

    @property
    def usable(self) -> tuple[Gpu, ...]:
        """GPUs that a framework can use here: on Linux NVIDIA's, under NVIDIA's driver."""
        if self.linux:
            return tuple(gpu for gpu in self.gpus("NVIDIA") if gpu.driver)
        return (*self.gpus("AMD"), *self.gpus("Apple")) if self.mac else ()

    def without_mps(self, torch: str) -> tuple[str, str] | None:
        """The macOS that this PyTorch's MPS needs, if this one is older, and who says so."""
        for first, below, needed, source in compatibility.MPS_NEEDS:
            if within(torch, first, below) and self.macos("11", needed):
                return needed, source
        return None

    @cached_property
    def packages(self) -> dict[str, Mapping[str, str]]:
        """By environment that is measured: what it holds, or will hold."""
        built = {
            name: found for name, found in self.description.environments.items() if _measured(name)
        }
        return {**self.pins, **built}

    def having(self, *names: str) -> Iterator[tuple[str, Mapping[str, str]]]:
        """Environments that hold all these packages, with all they hold."""
        for environment, packages in self.packages.items():
            if all(name in packages for name in names):
                yield environment, packages


def platform(description: Description) -> Platform:
    """What decides which environments the machine can have."""
    machine, subject = description.machine, Subject(description)
    linux = machine.system == "Linux"
    # A Python under Rosetta spoils a run; what is said of packages is what its cure brings.
    architecture = "arm64" if subject.apple_silicon else machine.architecture or ""
    return Platform(
        system=quoted(machine.system),
        machine=quoted(architecture),
        release="" if linux else quoted(machine.release or ""),
        nvidia=linux and bool(subject.usable),
    )


def pins(description: Description) -> dict[str, Mapping[str, str]]:
    """Versions that `make bench` would install where an environment is missing.

    Empty on a platform that none is made for.
    """
    where = platform(description)
    absent = [name for name in FRAMEWORKS if name not in description.environments]
    return {name: found for name in absent if (found := _pinned(name, where))}


@lru_cache(maxsize=256)
def _pinned(name: str, where: Platform) -> Mapping[str, str]:
    folder = manager.CHECKOUT / "requirements"
    try:
        platforms.check(name, where)
        lines = requirements.lines(folder, requirements.parse(name), where)
    except Unavailable:
        return {}
    markers = {"sys_platform": where.system.lower(), "platform_machine": where.machine}
    found = {}
    for line in lines:
        wanted = Requirement(line)
        pin = re.search(r"==\s*([^,\s]+)", str(wanted.specifier))
        if pin and (wanted.marker is None or wanted.marker.evaluate(markers)):
            found[wanted.name.lower()] = pin[1]
    return found


def _measured(name: str) -> bool:
    """Whether figures come from it. What is no environment's name is left out: it goes into
    commands."""
    try:
        return requirements.parse(name).framework is not None
    except ValueError:
        return False

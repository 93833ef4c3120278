"""Energy: joules that a device used during a slice, by a counter that anyone may read."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from bench.meters import energy_counters
from bench.meters.energy_counters import Counter, Unreadable
from frameworks.interface import Device

WORKED = 0.9
"""Part of the span between two readings in which the device must have worked, at least: the rest
is somebody else's energy."""

LONGER = 1.1
"""A slice that must last a counter's least span is asked to last so many times that."""


class Meter:
    """Reads one counter around slices; after its first failure never again. Without a counter it
    knows nothing."""

    def __init__(self, counter: Counter | None, say: Callable[[str], None]) -> None:
        self._counter, self._say = counter, say
        self._begun: tuple[float, float] | None = None
        self._ended: tuple[float, float] | None = None

    def slice_s(self, wanted_s: float, limit_s: float) -> float:
        """Seconds of a slice that the counter can tell something about: `wanted_s` where that is
        long enough, or where it would have to be longer than `limit_s`."""
        needed_s = LONGER * self._counter.least_s if self._counter else 0.0
        return max(wanted_s, needed_s) if needed_s <= limit_s else wanted_s

    def begin(self) -> None:
        self._begun, self._ended = self._now(), None

    def end(self) -> None:
        self._ended = self._now()

    def joules(self, worked_s: float | None) -> float | None:
        """Between `begin` and `end`, of which the device worked `worked_s`; None where the
        counter, or so short a time, cannot tell."""
        if not (self._counter and self._begun and self._ended and worked_s):
            return None
        (begun_j, begun_s), (ended_j, ended_s) = self._begun, self._ended
        if worked_s < max(self._counter.least_s, WORKED * (ended_s - begun_s)):
            return None
        used_j = ended_j - begun_j
        return used_j if used_j > 0 else None  # a counter that stood still has measured nothing

    def _now(self) -> tuple[float, float] | None:
        if not self._counter:
            return None
        try:
            return self._counter.read_j(), time.monotonic()
        except Unreadable as error:
            self._say(f"{self._counter.name} is not measured any more: {error}")
            self._counter = None
            return None


class Meters:
    """The meters of a run: the libraries behind them are opened once, and closed with it."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._known: dict[tuple[str, str], Meter] = {}
        self._apple: Any = None
        self._nvml: Any = None

    def __enter__(self) -> Meters:
        return self

    def __exit__(self, *_: object) -> None:
        if self._nvml:
            energy_counters.close_nvml(self._nvml)

    def of(self, device: Device, variables: Mapping[str, str]) -> Meter:
        """The meter of a contender's device; `variables` are its worker's environment."""
        key = device.id, device.name
        if key not in self._known:
            self._known[key] = Meter(self._counter(device, variables), self._say)
        return self._known[key]

    def _counter(self, device: Device, variables: Mapping[str, str]) -> Counter | None:
        """A device's counter that has been read once; None where there is none."""
        try:
            counter = self._open(device, variables)
            counter.read_j()
        except Unreadable:
            return None
        return counter

    def _open(self, device: Device, variables: Mapping[str, str]) -> Counter:
        if device.backend == "cuda":
            self._nvml = self._nvml or energy_counters.open_nvml()
            return energy_counters.nvidia(self._nvml, device, variables)
        try:
            self._apple = self._apple or energy_counters.open_apple()
        except Unreadable:
            if device.kind == "cpu":
                return energy_counters.rapl()
            raise
        return energy_counters.apple(self._apple, device.kind)

"""The meters of a run: which device is metered by which counter, or by readings of its power."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping
from typing import Any

from bench.meters import energy_counters
from bench.meters.energy import Meter
from bench.meters.energy_counters import Counter, Unreadable
from bench.meters.sampled_power import SampledMeter, amd_watts
from frameworks.interface import Device


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
            counter = self._counter(device, variables)
            self._known[key] = Meter(counter, self._say) if counter else self._sampled(device)
        return self._known[key]

    def _sampled(self, device: Device) -> Meter:
        """The meter of a device that counts no energy: it may tell its power."""
        if device.kind == "gpu" and device.backend == "metal":
            with contextlib.suppress(Unreadable):
                amd_watts()
                name = f"power of {device.id}"
                return SampledMeter(name, amd_watts, self._say)
        return Meter(None, self._say)

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

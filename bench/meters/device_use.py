"""How busy a device was during a slice, by its driver's own count: work that it never got shows.

NVML alone tells, of NVIDIA's GPUs: `nvmlDeviceGetUtilizationRates` is the share of the last sample
period in which a kernel ran, and that period is 1/6 s to 1 s (NVML's reference, nvmlUtilization_t).
So a reading looks back, and in a slice shorter than a period it tells of what went before: those
slices have no figure, and what has one is to be pooled over slices. Other programs' work counts
too, so only a low share proves something.
"""

from __future__ import annotations

from collections.abc import Mapping
from statistics import fmean
from types import MappingProxyType

from bench.meters import energy_counters
from bench.meters.energy_counters import Unreadable
from bench.meters.readings import Read, Readings
from frameworks.interface import Device

EVERY_S = 0.03
"""Between two readings; each takes the driver some tens of microseconds."""

SETTLE_S = 1 / 3
"""Readings before that may tell of what preceded the slice: two of the shortest periods, since one
may have begun before it."""

_NO_VARIABLES: Mapping[str, str] = MappingProxyType({})


class DeviceUse:
    """Watches one device between `begin` and `end`; where nothing can be read it knows nothing."""

    def __init__(
        self,
        device: Device,
        variables: Mapping[str, str] = _NO_VARIABLES,
        read: Read | None = None,
        settle_s: float = SETTLE_S,
    ) -> None:
        """`variables` are the worker's environment; `read` takes NVML's place in tests."""
        self._read = read or _nvidia(device, variables)
        self._settle_s = settle_s
        self._watch: Readings | None = None

    def begin(self) -> None:
        self.end()  # of a slice that broke
        if self._read:
            self._watch = Readings(self._read, self._settle_s, EVERY_S)
            self._watch.start()

    def end(self) -> float | None:
        """The mean share since `begin`; None where that was too short, or nothing could be read."""
        watch, self._watch = self._watch, None
        if watch is None:
            return None
        try:
            seen = watch.end()
        except Unreadable:
            self._read = None
            return None
        return fmean(seen) if seen else None


def _nvidia(device: Device, variables: Mapping[str, str]) -> Read | None:
    """NVML's count for the device, read once; None for others, and where it is not certain which
    of several GPUs it is."""
    if device.backend != "cuda":
        return None
    try:
        read = energy_counters.nvidia_busy(energy_counters.open_nvml(), device, variables)
        read()
    except Unreadable:
        return None
    return read

"""Energy of a device that counts none but tells its power: readings during a slice, averaged.

AMD's GPUs under macOS. Their driver brings its figure up to date about once a second, so a reading
looks back; the first ones of a slice are not taken, and shorter slices have no figure. What is
found so is marked in the records (`energy_sampled`): it is no count.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from statistics import fmean

from bench.machine import accelerators, captures
from bench.meters.energy import Meter
from bench.meters.energy_counters import Counter, Unreadable
from bench.meters.readings import Read, Readings

LEAST_S = 1.0
SETTLE_S = 0.4
EVERY_S = 0.15
"""Each reading starts a process that takes some milliseconds."""

FEWEST = 3
"""Readings of which a mean is made."""


class SampledMeter(Meter):
    """A meter whose joules are mean power times time."""

    sampled = True

    def __init__(self, name: str, read_w: Read, say: Callable[[str], None]) -> None:
        super().__init__(Counter(name, LEAST_S, self._so_far_j), say)
        self._read_w = read_w
        self._readings: Readings | None = None
        self._from_s = 0.0

    def begin(self) -> None:
        self._stop()  # of a slice that broke
        super().begin()
        if self.works:
            self._from_s = time.monotonic()
            self._readings = Readings(self._read_w, SETTLE_S, EVERY_S)
            self._readings.start()

    def end(self) -> None:
        super().end()
        self._stop()

    def _so_far_j(self) -> float:
        """Since `begin`; nothing where there are too few readings to tell."""
        if self._readings is None:
            return 0.0
        span_s = time.monotonic() - self._from_s
        seen = self._readings.end()
        return fmean(seen) * span_s if len(seen) >= FEWEST else 0.0

    def _stop(self) -> None:
        if self._readings:
            self._readings.stop.set()
        self._readings = None


def amd_watts() -> float:
    """Power of the Mac's one AMD GPU. Raises Unreadable where there is none, or several: nothing
    says on which of them a framework computes."""
    states = accelerators.read(captures.of_accelerators())
    told = [s.watts for s in states if s.watts is not None and not _is_intel(s.name)]
    if len(told) != 1:
        raise Unreadable(f"{len(told)} GPUs tell their power. Expected one")
    return told[0]


def _is_intel(name: str | None) -> bool:
    return (name or "").startswith("Intel")

"""Energy: joules that a device used during a slice, by a counter that anyone may read."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from bench.meters.energy_counters import Counter, Unreadable

WORKED = 0.9
"""Part of the span between two readings in which the device must have worked, at least: the rest
is somebody else's energy."""

LONGER = 1.1
"""A slice that must last a counter's least span is asked to last so many times that."""


class Meter:
    """Reads one counter around slices; after its first failure never again. Without a counter it
    knows nothing."""

    sampled = False
    """Whether its joules are no counter's, but made of readings of power."""

    def __init__(self, counter: Counter | None, say: Callable[[str], None]) -> None:
        self._counter, self._say = counter, say
        self._begun: tuple[float, float] | None = None
        self._ended: tuple[float, float] | None = None

    @property
    def works(self) -> bool:
        """Whether there is a counter that has not failed."""
        return self._counter is not None

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

    def told(self, worked_s: float | None) -> dict[str, Any]:
        """The same as fields of a slice."""
        used_j = self.joules(worked_s)
        return {"energy_j": used_j, "energy_sampled": used_j is not None and self.sampled}

    def _now(self) -> tuple[float, float] | None:
        if not self._counter:
            return None
        try:
            return self._counter.read_j(), time.monotonic()
        except Unreadable as error:
            self._say(f"{self._counter.name} is not measured any more: {error}")
            self._counter = None
            return None

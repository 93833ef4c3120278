"""Readings of a sensor while a slice runs, by a thread that is told when to stop."""

from __future__ import annotations

import threading
from collections.abc import Callable

from bench.meters.energy_counters import Unreadable

Read = Callable[[], float]
"""Raises Unreadable."""


class Readings(threading.Thread):
    """Begins once what preceded has settled, then reads every so many seconds."""

    def __init__(self, read: Read, settle_s: float, every_s: float) -> None:
        super().__init__(name="readings", daemon=True)
        self._read, self._settle_s, self._every_s = read, settle_s, every_s
        self.stop = threading.Event()
        self.seen: list[float] = []
        self.broken: Unreadable | None = None

    def run(self) -> None:
        if self.stop.wait(self._settle_s):
            return
        try:
            while not self.stop.wait(self._every_s):
                self.seen.append(self._read())
        except Unreadable as error:
            self.broken = error

    def end(self) -> list[float]:
        """What was read until now. Raises Unreadable."""
        self.stop.set()
        self.join()
        if self.broken:
            raise self.broken
        return self.seen

"""CPU seconds of this process over a stretch of its time, all threads, pauses left out; and how
often it was interrupted."""

from __future__ import annotations

import contextlib
import resource
from collections.abc import Iterator


def interruptions() -> int:
    """How often so far a thread of this process had to leave its core to another."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_nivcsw


class CpuTime:
    """User and system seconds of this process, but for those it was told to leave out."""

    def __init__(self) -> None:
        self._begun = self._now()

    def read(self) -> tuple[float, float]:
        now = self._now()
        return now[0] - self._begun[0], now[1] - self._begun[1]

    @contextlib.contextmanager
    def stopped(self) -> Iterator[None]:
        user_s, system_s = self.read()
        yield
        now = self._now()
        self._begun = now[0] - user_s, now[1] - system_s

    @staticmethod
    def _now() -> tuple[float, float]:
        used = resource.getrusage(resource.RUSAGE_SELF)
        return used.ru_utime, used.ru_stime

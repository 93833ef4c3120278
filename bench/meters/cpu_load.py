"""CPU seconds that a worker and the machine's other processes use while the worker has its turn."""

from __future__ import annotations

import contextlib

import psutil


class Load:
    """Counts from its making on, by the system's own accounts and not by the worker's words."""

    def __init__(self, pid: int | None) -> None:
        self._worker: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):  # it has died: the request to it tells how
            self._worker = psutil.Process(pid) if pid else None
        self._busy_begun_s, self._own_begun_s = self._busy_s(), self._used_s()

    def own_s(self) -> float:
        """Of the worker's process."""
        return max(0.0, self._used_s() - self._own_begun_s)

    def others_s(self) -> float:
        """Of all others, and what a hypervisor took."""
        return max(0.0, self._busy_s() - self._busy_begun_s - self.own_s())

    def _used_s(self) -> float:
        if self._worker is None:
            return 0.0
        try:
            times = self._worker.cpu_times()
        except psutil.Error:  # it has died since
            return 0.0
        return float(times.user + times.system)

    @staticmethod
    def _busy_s() -> float:
        times = psutil.cpu_times()
        idle = times.idle + getattr(times, "iowait", 0.0)
        # Linux counts guest time in user time already.
        return float(sum(times) - idle - getattr(times, "guest", 0.0))

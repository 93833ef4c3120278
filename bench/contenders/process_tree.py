"""A worker's processes: itself and all that it began, also what left its group, session or parent.

Found by descent and, where orphans go to the system's first process, by a mark that every process
inherits in its environment. Known by pid and time of creation: a pid used again is another process.
"""

from __future__ import annotations

import contextlib
import time

import psutil

LOOK_S = 0.01
"""Between two looks at processes that were told to end."""


class ProcessTree:
    """What descends from process `root`, without itself, and what bears the mark, `NAME=VALUE`.

    `adopts` says that its orphans are its children again, and that no mark need be looked for.
    """

    def __init__(self, root: int | None, mark: str, *, adopts: bool) -> None:
        self._root: psutil.Process | None = None
        with contextlib.suppress(psutil.Error):
            self._root = psutil.Process(root) if root else None
        self._mark, self._adopts = mark.partition("="), adopts
        self._strangers: set[int] = set()

    def members(self) -> list[psutil.Process]:
        """All there are at this moment. Never raises psutil.Error."""
        found: set[psutil.Process] = set()
        with contextlib.suppress(psutil.Error):
            found |= set(self._root.children(recursive=True) if self._root else ())
        if not self._adopts:
            found |= self._marked()
        return list(found)

    def end(self, limit_s: float) -> bool:
        """Kill them until there are none; False where some are left after that time."""
        deadline = time.monotonic() + limit_s
        while living := [each for each in self.members() if _lives(each)]:
            if time.monotonic() > deadline:
                return False
            for process in living:
                with contextlib.suppress(psutil.Error):
                    process.kill()
            time.sleep(LOOK_S)
        return True

    def held_bytes(self, limit: int) -> int:
        """Memory they hold. Above the limit it is counted again, each shared page by its part: that
        takes the system some ms for each GiB, and the plain sum is never the smaller one."""
        every = self.members()
        held = sum(map(_resident_bytes, every))
        return sum(map(_fair_bytes, every)) if held > limit and len(every) > 1 else held

    def _marked(self) -> set[psutil.Process]:
        """Each process is asked once: on a Mac asking all takes 10 ms, and looks are frequent."""
        pids = set(psutil.pids())
        self._strangers &= pids
        found = set()
        for pid in pids - self._strangers:
            try:
                process = psutil.Process(pid)
                if process.environ().get(self._mark[0]) == self._mark[2]:
                    found.add(process)
                    continue
            except (psutil.Error, OSError):  # it has ended, or is another user's
                pass
            self._strangers.add(pid)
        return found


def _lives(process: psutil.Process) -> bool:
    try:
        return bool(process.is_running() and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.Error:
        return False


def _resident_bytes(process: psutil.Process) -> int:
    try:
        return int(process.memory_info().rss)
    except psutil.Error:  # it has ended
        return 0


def _fair_bytes(process: psutil.Process) -> int:
    try:
        full = process.memory_full_info()
    except psutil.Error:  # it has ended, or the system tells administrators alone
        return _resident_bytes(process)
    return int(getattr(full, "pss", full.rss))

"""What bounds a worker's process: the cores it may use, and its host's life."""

from __future__ import annotations

import os
import signal
import threading


def limit_cores(threads: int) -> None:
    """Keep to `threads` cores where the system can pin a process: frameworks size pools by it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])


def end_with_host(life_fd: int) -> None:
    """End this process and its children when the host does, also in mid-step: a step that hangs
    would otherwise outlive a killed host and keep the machine busy under the next run."""

    def wait() -> None:
        os.read(life_fd, 1)  # nobody writes: it returns when the host's end is closed
        os.killpg(0, signal.SIGKILL)  # a worker leads a group of its own

    threading.Thread(target=wait, daemon=True).start()

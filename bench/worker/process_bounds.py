"""What bounds a worker's process: the cores it may use."""

from __future__ import annotations

import os


def limit_cores(threads: int) -> None:
    """Keep to `threads` cores where the system can pin a process: frameworks size pools by it."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

"""Resident memory of the worker: its peak, forgotten before each case where the system can, and
what is free, given back before that."""

from __future__ import annotations

import contextlib
import ctypes
import resource
import sys
from pathlib import Path

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak() -> bool:
    """Forget the process's peak so far; False where the system cannot (only Linux can)."""
    try:
        _CLEAR_REFS.write_text("5")  # proc(5): resets VmHWM
    except OSError:
        return False
    return True


def give_back() -> None:
    """Give the system what is free. glibc holds on to hundreds of MiB that a compiler has freed,
    in the midst of what is in use; they would be counted as the next case's. Takes milliseconds."""
    with contextlib.suppress(AttributeError, OSError):  # other libraries of C have no such call
        ctypes.CDLL(None).malloc_trim(0)


def peak_bytes() -> int:
    """Largest resident memory of this process since the last reset, or since its start."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

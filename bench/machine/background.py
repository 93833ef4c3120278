"""Whether a Mac runs this process in the background: on its slow cores, behind all others.

`taskpolicy -b`, launchd's background jobs, cron and some editors start programs so, and all that
these start inherits it. Nothing else tells of it: the load is low and no program is in the way.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import re

_DARWIN_PROCESS = 4
"""`PRIO_DARWIN_PROCESS` of sys/resource.h, which Python names from 3.12 on."""
_RUSAGE_V3 = 3
"""The least `proc_pid_rusage` that tells CPU time by quality of service."""
_UUID_BYTES, _FIRST_QOS, _FIELDS = 16, 18, 27
"""Of `rusage_info_v3`: its head, the place of the first such time, and its number of fields."""
_QOS = (
    *("default", "maintenance", "background", "utility", "legacy"),
    *("user_initiated", "user_interactive"),
)


class _Usage(ctypes.Structure):
    _fields_ = (("uuid", ctypes.c_uint8 * _UUID_BYTES), ("times", ctypes.c_uint64 * _FIELDS))


def report() -> str:
    """What the system says of this process, in the form of `sysctl`; empty where it says nothing.

    The first line is what `taskpolicy -b` sets. The second also sees `taskpolicy -c background`
    and launchd: the share of CPU time that was counted as background work.
    """
    told = []
    with contextlib.suppress(OSError):
        told.append(f"darwin_bg: {os.getpriority(_DARWIN_PROCESS, 0)}")
    share = _share(_times())
    if share is not None:
        told.append(f"background_share: {share:.2f}")
    return "".join(f"{line}\n" for line in told)


def parse(text: str) -> bool | None:
    """Whether it is in the background; None where nothing tells."""
    flag = re.search(r"^darwin_bg: ([0-9]{1,3})$", text, re.MULTILINE)
    share = re.search(r"^background_share: ([01]\.[0-9]{2})$", text, re.MULTILINE)
    if flag is None and share is None:
        return None
    return bool(flag and int(flag[1])) or bool(share and float(share[1]) > 0.5)


def _times() -> list[int]:
    """CPU time of this process by quality of service; empty where the system has no such call."""
    try:
        ask = ctypes.CDLL(None).proc_pid_rusage
        usage = _Usage()
        if ask(os.getpid(), _RUSAGE_V3, ctypes.byref(usage)) != 0:
            return []
    except (OSError, AttributeError):
        return []
    return list(usage.times[_FIRST_QOS : _FIRST_QOS + len(_QOS)])


def _share(times: list[int]) -> float | None:
    """Of background and maintenance work."""
    told = dict(zip(_QOS, times, strict=False))
    whole = sum(told.values())
    return (told["background"] + told["maintenance"]) / whole if whole else None

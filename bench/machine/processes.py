"""Programs that keep the CPU busy, by their base names alone: no path, no arguments, no user."""

from __future__ import annotations

import os
import platform
import re
import time
from collections.abc import Mapping

import psutil

from bench.machine import captures, parsing, privacy
from bench.machine.description import Heavy

WATCH_S = 0.5
HEAVY = 0.2
"""Share of a core from which on programs of one name are told of."""
MOST_HEAVY = 8
OTHER = "another program"
"""One whose name could name a person or a machine."""

Reading = Mapping[int, tuple[str, float]]
"""Of each process, its program and the seconds of CPU it has used so far."""

_LINE = re.compile(
    r"\s*([0-9]{1,10})\s+(?:([0-9]{1,5})-)?(?:([0-9]{1,7}):)?([0-9]{1,9}):([0-9]{2}(?:\.[0-9]{1,3})?)"
    r"\s+(\S.*)"
)


def heavy() -> tuple[Heavy, ...]:
    """Those of half a second from now, the heaviest first; not this one."""
    before, begun = _read(), time.monotonic()
    time.sleep(WATCH_S)
    return busiest(before, _read(), time.monotonic() - begun)


def busiest(before: Reading, after: Reading, seconds: float) -> tuple[Heavy, ...]:
    """Programs by what they used between two readings, this process left out."""
    shares: dict[str, list[float]] = {}
    for process, (program, used) in after.items():
        name, earlier = before.get(process, ("", 0.0))
        # Under a number that was another's, or is new, nobody knows when it began.
        if name == program and used > earlier and process != os.getpid():
            shares.setdefault(_named(program), []).append((used - earlier) / seconds)
    found = [
        Heavy(name=name, count=len(each), cpu_share=round(sum(each), 2))
        for name, each in shares.items()
        if sum(each) >= HEAVY
    ]
    return tuple(sorted(found, key=lambda one: -one.cpu_share)[:MOST_HEAVY])


def parse(text: str) -> Reading:
    """What `ps -o pid=,time=,comm=` prints; the time may begin with days and hours."""
    found = {}
    for line in filter(None, map(_LINE.fullmatch, text.splitlines())):
        process, days, hours, minutes, seconds, program = line.groups()
        whole = (int(days or 0) * 24 + int(hours or 0)) * 60 + int(minutes)
        found[int(process)] = (program, whole * 60 + float(seconds))
    return found


def _read() -> Reading:
    if platform.system() == "Darwin":  # where psutil may read the user's own processes alone
        return parse(captures.of_processes())
    every = (process.info for process in psutil.process_iter(["pid", "name", "cpu_times"]))
    return {
        one["pid"]: (one["name"] or "", one["cpu_times"].user + one["cpu_times"].system)
        for one in every
        if one["cpu_times"]
    }


def _named(program: str) -> str:
    # A login shell's name begins with a dash.
    name = parsing.name(program.rpartition("/")[2].lstrip("-"))
    named = any(one.lower() in (name or "").lower() for one, _ in privacy.names())
    return OTHER if name is None or named else name

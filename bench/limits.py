"""Cells that are not attempted, and why: too large for the memory, or too slow for the preset."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from bench.contenders import Contender
from suites.workload import Workload, checkable


def memory_reason(workload: Workload, contenders: Sequence[Contender]) -> str | None:
    """Why this case does not fit in the host's free memory beside all its contenders, if so."""
    needed = sum(workload.needed_bytes(contender.precision) for contender in contenders)
    # The float64 reference is worked out while no contender holds the case yet.
    needed = max(needed, 4 * checkable(workload).needed_bytes("float32"))
    free = psutil.virtual_memory().available
    if needed <= free:
        return None
    return (
        f"needs about {_gib(needed)} for {len(contenders)} contender(s), "
        f"{_gib(free)} of memory are free"
    )


def device_memory_reason(workload: Workload, contender: Contender) -> str | None:
    """Why this case does not fit in the device's own memory, if that is known and so."""
    needed, holds = workload.needed_bytes(contender.precision), contender.device.memory_bytes
    if contender.device.kind == "cpu" or holds is None or needed <= holds:
        return None
    return f"needs about {_gib(needed)}, {contender.device.name} has {_gib(holds)}"


STEADY_S = 0.1
"""A step this long is no longer made of overhead: its pace foretells other work of its suite."""


class Pace:
    """Remembers how fast each contender went, to predict a larger case of the same kind."""

    def __init__(self, step_limit_s: float) -> None:
        self.step_limit_s = step_limit_s
        self._flop_per_s: dict[tuple[str, ...], float] = {}

    def learn(self, contender: Contender, workload: Workload, step_s: float) -> None:
        """The fastest step counts: a stall must not condemn the larger cases."""
        keys = _keys(contender, workload)
        for key in keys if step_s >= STEADY_S else keys[:1]:
            self._flop_per_s[key] = max(self._flop_per_s.get(key, 0.0), workload.flop / step_s)

    def reason(self, contender: Contender, workload: Workload) -> str | None:
        """Why one step would take too long, judged by earlier cases, if so."""
        known = (self._flop_per_s.get(key) for key in _keys(contender, workload))
        pace = next((pace for pace in known if pace is not None), None)
        if pace is None or workload.flop / pace <= self.step_limit_s:
            return None
        return (
            f"one step would take about {workload.flop / pace:.0f} s at the best speed of the "
            f"earlier cases; this preset allows {self.step_limit_s:g} s"
        )


def _keys(contender: Contender, workload: Workload) -> list[tuple[str, ...]]:
    """The case's own kind of work, then its suite."""
    return [
        (contender.id, workload.suite, workload.name),
        (contender.id, workload.suite),
    ]


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"

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


class Pace:
    """Remembers how fast each contender went, to predict a larger case of the same kind."""

    def __init__(self, step_limit_s: float) -> None:
        self.step_limit_s = step_limit_s
        self._flop_per_s: dict[tuple[str, str, str], float] = {}

    def learn(self, contender: Contender, workload: Workload, step_s: float) -> None:
        """The fastest step counts: a stall must not condemn the larger cases."""
        key = (contender.id, workload.suite, workload.name)
        self._flop_per_s[key] = max(self._flop_per_s.get(key, 0.0), workload.flop / step_s)

    def reason(self, contender: Contender, workload: Workload) -> str | None:
        """Why one step would take too long, judged by the last smaller case, if so."""
        pace = self._flop_per_s.get((contender.id, workload.suite, workload.name))
        if pace is None or workload.flop / pace <= self.step_limit_s:
            return None
        return (
            f"one step would take about {workload.flop / pace:.0f} s at the best speed of the "
            f"smaller cases; this preset allows {self.step_limit_s:g} s"
        )


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"

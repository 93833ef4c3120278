"""Cells that are not attempted, and why: too large for the memory, or too slow for the preset."""

from __future__ import annotations

from collections.abc import Sequence

import psutil

from bench.contenders import Contender
from bench.schema import TooLong
from suites import reference
from suites.workload import Train, Workload, checkable


def memory_reason(workload: Workload, contenders: Sequence[Contender]) -> str | None:
    """Why this case does not fit in the host's free memory beside all its contenders, if so."""
    needed = needed_bytes(workload, [contender.precision for contender in contenders])
    free = psutil.virtual_memory().available
    if needed <= free:
        return None
    return (
        f"needs about {_gib(needed)} for {len(contenders)} contender(s), "
        f"{_gib(free)} of memory are free"
    )


def needed_bytes(workload: Workload, precisions: Sequence[str]) -> int:
    """Memory on the host that a case takes with a contender of each precision beside another."""
    held = sum(workload.needed_bytes(precision) for precision in precisions)
    # The float64 reference is worked out while no contender holds the case yet. They are verified
    # one after the other, each with its twin and its answers of two steps on the host.
    small = checkable(workload)
    twin = small.needed_bytes("float32") if small != workload else 0
    answers = 2 * workload.output_bytes if isinstance(workload, Train) else 0
    return max(held + twin + answers, reference.needed_bytes(small))


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
        self._steady: set[tuple[str, ...]] = set()

    def learn(self, contender: Contender, workload: Workload, step_s: float) -> None:
        """The fastest step counts: a stall must not condemn the larger cases."""
        self._note(contender, workload, workload.flop, step_s)

    def learn_slow(self, contender: Contender, workload: Workload, tried: TooLong) -> None:
        """The pace of a step, the workload's own or its twin's, that took too long."""
        self._note(contender, workload, tried.too_long_flop, tried.too_long_s)

    def reason(self, contender: Contender, workload: Workload) -> str | None:
        """Why one step would take too long, judged by earlier cases, if so."""
        known = [key for key in _keys(contender, workload) if key in self._steady]
        pace = self._flop_per_s[known[0]] if known else None
        if pace is None or workload.flop / pace <= self.step_limit_s:
            return None
        return (
            f"one step would take about {workload.flop / pace:.0f} s at the best speed of the "
            f"earlier cases; this preset allows {self.step_limit_s:g} s"
        )

    def _note(self, contender: Contender, workload: Workload, flop: int, step_s: float) -> None:
        kind, suite = _keys(contender, workload)
        for key in (kind, suite):
            self._flop_per_s[key] = max(self._flop_per_s.get(key, 0.0), flop / step_s)
        self._steady.update([kind, suite] if step_s >= STEADY_S else [kind])


def _keys(contender: Contender, workload: Workload) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The case's own kind of work, and its suite."""
    suite = (contender.id, workload.suite)
    return (*suite, workload.name), suite


def _gib(size: int) -> str:
    return f"{size / 2**30:.1f} GiB"

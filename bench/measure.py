"""The clock: samples of K steps, latency of single steps, CPU time and memory around them.

Runs in the worker. Adapters and suites never time anything.
"""

from __future__ import annotations

import math
import resource
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter_ns, process_time, sleep
from typing import Any, TypeVar

Step = Callable[[], Mapping[str, Any]]
Wait = Callable[[Sequence[Mapping[str, Any]]], None]
T = TypeVar("T")

HELD_BYTES = {"cpu": 4 * 2**20, "gpu": 256 * 2**20}
"""Results held before a wait, by kind of device. On a CPU, holding more than its caches makes every
step write to fresh memory, which no real program does; a GPU needs depth to hide its dispatch."""

SAMPLE_S = {"cpu": 0.005, "gpu": 0.02}
"""Length of a sample, by kind of device: it dwarfs the clock and a device's sync, and is
no longer, because a short sample can fall between two disturbances and a long one cannot."""

MAX_STEPS = 2**30
"""Steps of one sample at most: a step too short to time at all must end somewhere."""

CALIBRATION_TRIES = 5

CERTAIN_S = 0.5
"""A sample this long is believed at once: what disturbs a machine is shorter."""

MAX_IN_FLIGHT = 1024
"""Steps between waits at most: deeper queues hide no more and make latency hard to bound."""

LATENCIES = 8
"""Single steps timed in each slice."""

LATENCY_SHARE = 0.1
"""Part of a slice that single steps may take; beyond it fewer are timed."""


@dataclass(frozen=True)
class Loop:
    """How one sample is made: `waits` times `in_flight` steps, a wait after each batch of them."""

    in_flight: int
    waits: int

    @property
    def steps(self) -> int:
        """K, the steps of one sample."""
        return self.in_flight * self.waits


@dataclass(frozen=True)
class Slice:
    """One turn of a contender; seconds of one step in `samples_s` and `latencies_s`."""

    steps_per_sample: int
    steps_in_flight: int
    samples_s: list[float]
    latencies_s: list[float]
    cpu_user_s: float
    cpu_system_s: float
    wall_s: float
    sampled_s: float


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """The call's result and the seconds it took."""
    start = perf_counter_ns()
    result = call()
    return result, (perf_counter_ns() - start) / 1e9


def sample_ns(step: Step, wait: Wait, loop: Loop) -> int:
    """Nanoseconds of one sample: every step's results are waited for before the clock stops."""
    in_flight = range(loop.in_flight)
    start = perf_counter_ns()
    for _ in range(loop.waits):
        wait([step() for _ in in_flight])
    return perf_counter_ns() - start


def depth(*, asynchronous: bool, kind: str, output_bytes: int) -> int:
    """How many steps may be in flight before a wait, by the bytes of their results."""
    if not asynchronous:
        return 1
    return max(1, min(MAX_IN_FLIGHT, HELD_BYTES[kind] // max(1, output_bytes)))


def _loop(steps: int, deepest: int) -> Loop:
    """K steps or the next multiple of the batch, in batches as deep as allowed."""
    in_flight = min(steps, deepest)
    return Loop(in_flight, -(-steps // in_flight))


class Sampler:
    """Times one step in slices. The fastest step seen decides how many make a sample: a machine
    that was busy during the calibration must not spoil the whole cell."""

    def __init__(self, step: Step, wait: Wait, *, deepest: int, sample_s: float) -> None:
        self.step, self.wait = step, wait
        self._deepest, self._sample_s = deepest, sample_s
        self._fastest_s = math.inf
        self.loop = Loop(1, 1)

    def calibrate(self) -> None:
        """Double K until a sample is long enough to be believed, as timeit's autorange does."""
        while True:
            taken_s = self._least_s()
            self._fastest_s = min(self._fastest_s, taken_s / self.loop.steps)
            if taken_s >= self._sample_s / 2 or self.loop.steps >= MAX_STEPS:
                break
            self.loop = _loop(self.loop.steps * 2, self._deepest)
        self._fit()

    def take_slice(self, *, slice_s: float, warm_s: float) -> Slice:
        """Re-warm for `warm_s`, time some single steps, then samples until `slice_s` has passed.

        At least one sample is taken. A step that fills the slice is not warmed up: that would
        cost as much as measuring it. Where a sample is one step, it is a latency too.
        """
        begun = perf_counter_ns()
        self._fit()
        if self._fastest_s < slice_s:
            _warm(self.step, self.wait, self.loop, warm_s)
        latencies_s: list[float] = []
        if self.loop.steps > 1:
            latencies_s = _latencies_s(self.step, self.wait, slice_s * LATENCY_SHARE)
        before = resource.getrusage(resource.RUSAGE_SELF)
        samples_ns = [self._sample_ns()]
        while sum(samples_ns) + samples_ns[-1] / 2 < slice_s * 1e9:
            samples_ns.append(self._sample_ns())
        after = resource.getrusage(resource.RUSAGE_SELF)
        samples_s = [ns / 1e9 / self.loop.steps for ns in samples_ns]
        self._fastest_s = min(self._fastest_s, *samples_s)
        return Slice(
            steps_per_sample=self.loop.steps,
            steps_in_flight=self.loop.in_flight,
            samples_s=samples_s,
            latencies_s=latencies_s or samples_s,
            cpu_user_s=after.ru_utime - before.ru_utime,
            cpu_system_s=after.ru_stime - before.ru_stime,
            wall_s=(perf_counter_ns() - begun) / 1e9,
            sampled_s=sum(samples_ns) / 1e9,
        )

    def _sample_ns(self) -> int:
        return sample_ns(self.step, self.wait, self.loop)

    def _fit(self) -> None:
        """Another K where the present one is off by half or more."""
        steps = max(1, min(MAX_STEPS, round(self._sample_s / self._fastest_s)))
        if steps >= 2 * self.loop.steps or self.loop.steps >= 2 * steps:
            self.loop = _loop(steps, self._deepest)

    def _least_s(self) -> float:
        """Shortest of some samples; one too short to count, or surely long, decides at once."""
        least_s = math.inf
        for _ in range(CALIBRATION_TRIES):
            least_s = min(least_s, self._sample_ns() / 1e9)
            if least_s < self._sample_s / 2 or least_s > CERTAIN_S:
                break
        return least_s


def _warm(step: Step, wait: Wait, loop: Loop, warm_s: float) -> None:
    """Clocks ramp up with time under load, not with the number of calls."""
    batch, begun = Loop(loop.in_flight, 1), perf_counter_ns()
    while perf_counter_ns() - begun < warm_s * 1e9:
        sample_ns(step, wait, batch)


def _latencies_s(step: Step, wait: Wait, budget_s: float) -> list[float]:
    single, taken_ns = Loop(1, 1), [0]
    while len(taken_ns) <= LATENCIES and sum(taken_ns) <= budget_s * 1e9:
        taken_ns.append(sample_ns(step, wait, single))
    return [ns / 1e9 for ns in taken_ns[1:]]


# --- quiet ----------------------------------------------------------------------------------

SETTLE_POLL_S = 0.002
SETTLE_QUIET_POLLS = 3
"""In a row: a spinning thread may be off the processor for one of them."""

SETTLE_LIMIT_S = 0.5
"""Longer than any thread pool known to spin for work: OpenMP runtimes do for up to 0.2 s."""


def settle() -> bool:
    """Wait until this process uses no more CPU; False where it still does after the limit.

    Thread pools spin for a while after their last work. They must not do it beside another
    contender's slice.
    """
    quiet = 0
    for _ in range(round(SETTLE_LIMIT_S / SETTLE_POLL_S)):
        before_s = process_time()
        sleep(SETTLE_POLL_S)
        rested = process_time() - before_s < SETTLE_POLL_S / 4
        quiet = quiet + 1 if rested else 0
        if quiet == SETTLE_QUIET_POLLS:
            return True
    return False


# --- waiting --------------------------------------------------------------------------------

READY_TRIES = 5
"""A conversion can be slow by accident; results that were not ready are slow every time."""

READY_FLOOR_S = 1e-4
"""Work shorter than this cannot be told from the cost of a conversion."""


def unready(
    step: Step, wait: Wait, convert: Callable[[Mapping[str, Any]], object]
) -> tuple[float, float]:
    """Seconds by which converting results right after `wait` exceeds converting them again, and
    the limit: as long as a step itself seemed to take, or half a conversion.

    They are those of the first of two steps that were waited for together: an adapter that does
    not wait, or waits for the last step alone, shows the device's work here and not in its samples.
    """

    def both() -> Mapping[str, Any]:
        first, last = step(), step()
        wait([first, last])
        return first

    for _ in range(READY_TRIES):
        results, both_s = timed(both)
        first_s = timed(lambda results=results: convert(results))[1]  # type: ignore[misc]
        again_s = timed(lambda results=results: convert(results))[1]  # type: ignore[misc]
        excess_s = max(0.0, first_s - again_s)
        limit_s = max(both_s / 2, again_s / 2, READY_FLOOR_S)
        if excess_s <= limit_s:
            break
    return excess_s, limit_s


# --- memory ---------------------------------------------------------------------------------

_CLEAR_REFS = Path("/proc/self/clear_refs")
_STATUS = Path("/proc/self/status")


def reset_peak_resident() -> bool:
    """Forget the process's peak so far; False where the system cannot (only Linux can)."""
    try:
        _CLEAR_REFS.write_text("5")  # proc(5): resets VmHWM
    except OSError:
        return False
    return True


def peak_resident_bytes() -> int:
    """Largest resident memory of this process since the last reset, or since its start."""
    if _STATUS.exists():
        for line in _STATUS.read_text().splitlines():
            if line.startswith("VmHWM:"):
                return int(line.split()[1]) * 1024
    unit = 1 if sys.platform == "darwin" else 1024  # getrusage(2): bytes there, KiB elsewhere
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit

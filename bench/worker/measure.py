"""The clock: samples of K steps and their parts, latency of single steps, CPU time around them.

Runs in the worker. Adapters and suites never time anything.
"""

from __future__ import annotations

import math
import random
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from time import perf_counter_ns, sleep
from typing import Any, TypeVar

from bench.worker.cpu_time import CpuTime, interruptions

Results = Mapping[str, Any]
Step = Callable[[], Results]
Wait = Callable[[Sequence[Results]], None]
Done = Callable[[list[Results]], None]
T = TypeVar("T")

HELD_BYTES = {"cpu": 4 * 2**20, "gpu": 256 * 2**20}
"""Results held before a wait, by kind of device. On a CPU, holding more than its caches makes every
step write to fresh memory, which no real program does; a GPU needs depth to hide its dispatch."""

SAMPLE_S = {"cpu": 0.005, "gpu": 0.02}
"""Length of a sample, by kind of device: it dwarfs the clock and a device's sync."""

PART_S = {"cpu": 0.0002, "gpu": SAMPLE_S["gpu"]}
"""Length of a sample's parts, by kind of device, unless one step, or batch in flight, is longer. On
a CPU a part is short enough to fall between two disturbances of a busy machine, and long enough for
the clock: reading it takes less than a thousandth. A GPU's sample is one part, in flight."""

TELLING_PARTS = 3
"""Of fewer the mean is the median, or nearly."""

MAX_STEPS = 2**30
"""Steps of one sample at most: a step too short to time at all must end somewhere."""

CALIBRATION_TRIES = 2
"""Samples of which the shorter counts. Were both disturbed, the next slice fits K again."""

CERTAIN_S = 0.05
"""A sample this long is believed at once: of so long a step one is a sample, disturbed or not."""

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
    """One turn of a contender; seconds of one step in `samples_s` and `latencies_s`, of all in the
    parts `warmed_s`, `sampled_s` and `apart_s`, which is what was done beside sampling."""

    steps_per_sample: int
    steps_per_part: int | None
    """Where a sample is the median of several parts."""
    even_step_s: float | None
    """The mean of the sample whose parts were most alike, of those that none interrupted."""
    steps_in_flight: int
    samples_s: list[float]
    latencies_s: list[float]
    cpu_user_s: float
    cpu_system_s: float
    warmed_s: float
    sampled_s: float
    apart_s: float


def timed(call: Callable[[], T]) -> tuple[T, float]:
    """The call's result and the seconds it took."""
    start = perf_counter_ns()
    result = call()
    return result, (perf_counter_ns() - start) / 1e9


def rest(seconds: float) -> None:
    """Do nothing for so long."""
    sleep(seconds)


def sample_ns(step: Step, wait: Wait, loop: Loop, done: Done = list.clear) -> int:
    """Nanoseconds of one sample: every step's results are waited for before the clock stops.

    `done` takes over what was waited for; as a rule it is freed, which counts, as in any program.
    """
    in_flight = range(loop.in_flight)
    start = perf_counter_ns()
    for _ in range(loop.waits):
        batch = [step() for _ in in_flight]
        wait(batch)
        done(batch)
    return perf_counter_ns() - start


def parts_ns(step: Step, wait: Wait, part: Loop, parts: int) -> list[int]:
    """Nanoseconds of a sample's parts without a gap: where one ends the next begins."""
    in_flight, waits, marks = range(part.in_flight), range(part.waits), [perf_counter_ns()]
    for _ in range(parts):
        for _ in waits:
            batch = [step() for _ in in_flight]
            wait(batch)
            batch.clear()
        marks.append(perf_counter_ns())
    return [end - begin for begin, end in pairwise(marks)]


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

    def __init__(
        self, step: Step, wait: Wait, *, deepest: int, sample_s: float, part_s: float = math.inf
    ) -> None:
        self.step, self.wait = step, wait
        self._deepest, self._sample_s, self._part_s = deepest, sample_s, part_s
        self._fastest_s = math.inf
        self.loop = self._part = Loop(1, 1)
        self._parts = 1

    def calibrate(self) -> None:
        """Double K until a sample is long enough to be believed, as timeit's autorange does."""
        while True:
            taken_s = self._least_s()
            self._fastest_s = min(self._fastest_s, taken_s / self.loop.steps)
            if taken_s >= self._sample_s / 2 or self.loop.steps >= MAX_STEPS:
                break
            self.loop = _loop(self.loop.steps * 2, self._deepest)
        self._fit()

    @property
    def step_s(self) -> float:
        """Seconds of the fastest step seen."""
        return self._fastest_s

    def take_slice(
        self,
        *,
        slice_s: float,
        warm_s: float,
        aside: Callable[[], None] | None = None,
        latencies: bool = True,
    ) -> Slice:
        """Re-warm for `warm_s`, time some single steps, then samples until `slice_s` has passed.

        At least one sample is taken. A step that fills the slice is not warmed up: that would
        cost as much as measuring it. Where a sample, or its part, is one step, it is a latency
        too. `aside` is called once between samples, taken by chance; no clock that counts runs
        meanwhile.
        """
        warm_s = warm_s if self._fastest_s < slice_s else 0.0
        warmed_s = self.warm(warm_s)
        self._fit()
        latencies_s: list[float] = []
        if latencies and self._part.steps > 1:
            latencies_s = _latencies_s(self.step, self.wait, slice_s * LATENCY_SHARE)
        taken: list[list[int]] = []
        alone: list[list[int]] = []
        cpu, apart_s, place = CpuTime(), 0.0, self._place(slice_s)
        spent_ns = last_ns = 0
        while not taken or spent_ns + last_ns / 2 < slice_s * 1e9:
            if aside and len(taken) == place:
                with cpu.stopped():
                    apart_s = timed(aside)[1]
                    warmed_s += self.warm(warm_s)
                aside = None
            before = interruptions()
            taken.append(parts_ns(self.step, self.wait, self._part, self._parts))
            if interruptions() == before:
                alone.append(taken[-1])
            last_ns = sum(taken[-1])
            spent_ns += last_ns
        cpu_user_s, cpu_system_s = cpu.read()
        if aside:
            apart_s = timed(aside)[1]
        samples_s = [statistics.median(parts) / 1e9 / self._part.steps for parts in taken]
        self._fastest_s = min(self._fastest_s, *samples_s)
        if self._part.steps == 1:
            latencies_s = [
                parts[0] / 1e9 for parts in taken[: None if self._parts == 1 else LATENCIES]
            ]
        return Slice(
            steps_per_sample=self.loop.steps,
            steps_per_part=self._part.steps if self._parts > 1 else None,
            even_step_s=_even_step_s(alone, self._part.steps),
            steps_in_flight=self.loop.in_flight,
            samples_s=samples_s,
            latencies_s=latencies_s,
            cpu_user_s=cpu_user_s,
            cpu_system_s=cpu_system_s,
            warmed_s=warmed_s,
            sampled_s=spent_ns / 1e9,
            apart_s=apart_s,
        )

    def warm(self, warm_s: float) -> float:
        """Steps for so long, in batches: clocks ramp up with time under load, not with the number
        of calls. Gives the seconds that it took."""
        batch, begun = Loop(self.loop.in_flight, 1), perf_counter_ns()
        while warm_s and perf_counter_ns() - begun < warm_s * 1e9:
            taken_s = sample_ns(self.step, self.wait, batch) / 1e9
            self._fastest_s = min(self._fastest_s, taken_s / batch.steps)
        return (perf_counter_ns() - begun) / 1e9

    def exactly(self, steps: int) -> list[Loop]:
        """So many steps and no more, as deep in flight as a sample may have them."""
        in_flight = min(steps, self._deepest)
        loops = [Loop(in_flight, steps // in_flight), Loop(steps % in_flight, 1)]
        return [loop for loop in loops if loop.steps]

    def lasting(self, seconds: float) -> Loop:
        """A loop like the samples', of as many steps as take so long, but no fewer than theirs."""
        steps = min(MAX_STEPS, math.ceil(seconds / self._fastest_s))
        return self.loop if steps <= self.loop.steps else _loop(steps, self._deepest)

    def _place(self, slice_s: float) -> int:
        """A sample of the slice, taken by chance; it may turn out to be one too many."""
        return random.randint(0, min(1000, int(slice_s / self._fastest_s / self.loop.steps)))

    def _sample_ns(self) -> int:
        return sample_ns(self.step, self.wait, self.loop)

    def _fit(self) -> None:
        """Another K where the present one is off by half or more, in parts of one length."""
        steps = max(1, min(MAX_STEPS, round(self._sample_s / self._fastest_s)))
        if steps >= 2 * self.loop.steps or self.loop.steps >= 2 * steps:
            self.loop = _loop(steps, self._deepest)
        flight, waits = self.loop.in_flight, self.loop.waits
        of_part = min(waits, self._part_s / (self._fastest_s * flight))
        self._part = Loop(flight, max(1, math.ceil(of_part)))
        self._parts = max(1, waits // self._part.waits)
        self.loop = Loop(flight, self._parts * self._part.waits)

    def _least_s(self) -> float:
        """Shortest of some samples; one too short to count, or surely long, decides at once."""
        least_s = math.inf
        for _ in range(CALIBRATION_TRIES):
            least_s = min(least_s, self._sample_ns() / 1e9)
            if least_s < self._sample_s / 2 or least_s > CERTAIN_S:
                break
        return least_s


def _even_step_s(alone: Sequence[Sequence[int]], steps: int) -> float | None:
    """Seconds of a step, by all of the time of the sample whose mean is the least above its median.
    Of an honest step both are the same, but for what disturbs it."""
    telling = [parts for parts in alone if len(parts) >= TELLING_PARTS]
    if not telling:
        return None
    evenest = min(
        telling, key=lambda parts: statistics.fmean(parts) / max(1, statistics.median(parts))
    )
    return statistics.fmean(evenest) / 1e9 / steps


def _latencies_s(step: Step, wait: Wait, budget_s: float) -> list[float]:
    single, taken_ns = Loop(1, 1), [0]
    while len(taken_ns) <= LATENCIES and sum(taken_ns) <= budget_s * 1e9:
        taken_ns.append(sample_ns(step, wait, single))
    return [ns / 1e9 for ns in taken_ns[1:]]

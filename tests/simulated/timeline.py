"""The simulated device's time: a clock, virtual or real, and the queue of work that it orders."""

from __future__ import annotations

import math
import random
import time
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from types import SimpleNamespace
from typing import Any

from bench.worker import cpu_time, measure
from tests.simulated.profiles import Profile

READ_S = 1e-7
"""What reading the virtual clock costs."""


class Clock:
    """Virtual seconds in which a step of 50 ms costs none and a busy machine changes nothing; the
    harness's own clock and sleep are then these. Or real ones, for which it spins."""

    def __init__(self, real: bool) -> None:
        self.real, self._at_s = real, 1000.0
        self.used_s = 0.0
        """CPU seconds of the host."""
        if not real:
            measure.perf_counter_ns = self._read_ns
            measure.sleep = self.spend  # type: ignore[assignment]
            cpu_time.resource = Used(self)  # type: ignore[assignment]

    def now_s(self) -> float:
        return time.perf_counter() if self.real else self._at_s

    def spend(self, seconds: float) -> None:
        if not self.real:
            self._at_s += max(0.0, seconds)
            return
        until_s = time.perf_counter() + seconds
        while time.perf_counter() < until_s:
            pass

    def work(self, seconds: float, cores: float = 1.0) -> None:
        """Spend them computing on so many cores."""
        self.used_s += max(0.0, seconds) * cores
        self.spend(seconds)

    def until(self, at_s: float) -> None:
        self.spend(at_s - self.now_s())

    def _read_ns(self) -> int:
        self._at_s += READ_S
        return int(self._at_s * 1e9)


class Used:
    """In the place of Python's `resource`: the CPU seconds of a virtual clock, which nothing else
    wants."""

    RUSAGE_SELF = 0

    def __init__(self, clock: Clock) -> None:
        self._clock = clock

    def getrusage(self, _: int) -> Any:
        return SimpleNamespace(ru_utime=self._clock.used_s, ru_stime=0.0, ru_nivcsw=0)


class Timeline:
    """What the host and the device are busy with, and until when."""

    def __init__(self, profile: Profile, seed: int = 1) -> None:
        self.profile, self.clock = profile, Clock(profile.real)
        self._random = random.Random(seed)
        self._end_s = 0.0
        self._cold_until_s = -math.inf
        self._queued: deque[float] = deque()
        self._worked_s = 0.0

    def host(self, seconds: float) -> None:
        """Something that the host waits for, disturbed as such things are."""
        now_s = self.clock.now_s()
        if now_s - self._end_s > 1e-3:
            seconds += self.profile.wake_s
            self._end_s = now_s
        self.clock.work(self._disturbed(seconds))

    def run(self, work_s: float, dispatch_s: float) -> float:
        """Queue work behind what is there; when it will be done."""
        rested = self.clock.now_s() - self._end_s > 5e-3
        self.host(dispatch_s)
        self._let_in()
        begin_s = max(self.clock.now_s(), self._end_s)
        if rested:
            self._cold_until_s = begin_s + self.profile.cold_s
        if begin_s < self._cold_until_s:
            work_s *= self.profile.cold
        work_s *= self._heat()
        self._worked_s += work_s
        self._end_s = begin_s + self._disturbed(work_s)
        self._queued.append(self._end_s)
        return self._end_s

    def _heat(self) -> float:
        """How many times as long work takes by now."""
        profile = self.profile
        if not profile.hot_s:
            return 1.0
        share = min(max(self._worked_s / profile.hot_s - 1, 0.0), 1.0)
        return 1 + share * (profile.hot - 1)

    def copied(self, nbytes: int) -> None:
        """A copy between host and device."""
        seconds = self.profile.copy_s + nbytes / self.profile.bytes_per_s
        if self.profile.faults:
            seconds *= 1 + self._random.random() * (self.profile.faults - 1)
        self.host(seconds)

    def _let_in(self) -> None:
        """Block while the queue is full."""
        while self._queued and (
            self._queued[0] <= self.clock.now_s() or len(self._queued) >= self.profile.queue
        ):
            self.clock.until(self._queued.popleft())

    def _disturbed(self, seconds: float) -> float:
        draw = self._random
        seconds *= math.exp(draw.gauss(0, self.profile.jitter))
        if draw.random() < self.profile.hiccups * min(1.0, seconds / 1e-4):
            seconds += draw.expovariate(1 / self.profile.hiccup_s)
        return seconds


class Call:
    """One step on the device. Lazy ones begin when somebody asks, after those they depend on."""

    def __init__(
        self,
        timeline: Timeline,
        cost_s: tuple[float, float],
        answer: Callable[[], Mapping[str, Any]],
        after: Call | None = None,
    ) -> None:
        self._timeline, self.answer, self._after = timeline, answer, after
        self.dispatch_s, self.work_s = cost_s
        self.ready_s: float | None = None
        if timeline.profile.lazy:
            timeline.host(timeline.profile.describe_s)
        else:
            self.start()

    def start(self) -> float:
        """When it will be done."""
        waiting = [self]
        while waiting[-1]._after is not None and waiting[-1]._after.ready_s is None:
            waiting.append(waiting[-1]._after)  # a chain may be longer than recursion allows
        for call in reversed(waiting):
            if call.ready_s is None:
                call.ready_s = call._timeline.run(call.work_s, call.dispatch_s)
            call._after = None
        assert self.ready_s is not None
        return self.ready_s

    def finish(self) -> None:
        """Until it is done; in real seconds, until its answer is there too, whose working out
        would otherwise be left to whoever looks at it."""
        ready_s = self.start()
        if self._timeline.clock.real:
            self.answer()
        self._timeline.clock.until(ready_s)


class Result:
    """One array of a step, on the device."""

    def __init__(self, timeline: Timeline, call: Call, name: str) -> None:
        self._timeline, self.call, self.name = timeline, call, name
        self._on_host = False

    def to_numpy(self) -> Any:
        self.call.finish()
        value = self.call.answer()[self.name]
        if self._on_host and self._timeline.profile.keeps:
            self._timeline.host(self._timeline.profile.again_s)
        else:
            self._timeline.copied(value.nbytes)
        self._on_host = True
        return value


class Results(Mapping[str, Result]):
    """A step's arrays by name, made when they are asked for: few steps are looked at."""

    def __init__(self, timeline: Timeline, call: Call, names: tuple[str, ...]) -> None:
        self._timeline, self.call, self._names = timeline, call, names
        self._made: dict[str, Result] = {}

    def __getitem__(self, name: str) -> Result:
        if name not in self._made:
            if name not in self._names:
                raise KeyError(name)
            self._made[name] = Result(self._timeline, self.call, name)
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)

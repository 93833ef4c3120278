"""Whether `wait` waits: looks at what timed samples leave behind when their clock has stopped.

Results that are finished cost as much to convert as results that were left alone for a while. What
they cost beyond that is work that the sample's clock has not seen. Looks are taken in the worker;
the host judges all of a cell's looks together. The clock is that of `measure`.
"""

from __future__ import annotations

import math
import random
import statistics
from collections import deque
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.worker import measure
from bench.worker.measure import Results, Sampler

Convert = Callable[[Any], Any]
"""An adapter's `to_numpy`."""

SAMPLE_S = 0.02
"""A sample that is looked into lasts at least so long: then work that is left over stands out from
what converting costs."""

CONVERTED = 8
CONVERTED_BYTES = 4 * 2**20
"""Arrays of one step that are converted, and their bytes: more would take longer than a slice."""

EARLIER = 32
EARLIER_BYTES = 16 * 2**20
"""Steps before the last one whose results are looked at, and their bytes."""

LEFT_SHARE = {"cpu": 0.05, "gpu": 0.02}
"""Part of a sample that may be left over when its clock stops, of SAMPLE_S at most: what disturbs a
conversion does not grow with the sample. On a CPU thread pools still spin then, beside it."""

LEFT_FLOOR_S = 5e-5
"""Left-over work shorter than this cannot be told from what caches and clocks do to one call."""

UNDONE_FLOOR_S = 1e-5
MANY = 8
"""The same of the median of so many calls or more."""

REST_S = 0.002
REST_LIMIT_S = 0.5

BASES = 5
"""Rested conversions of the same arrays that are remembered, the newest."""

LEAST_BASES = 3
LONG_S = 0.05
"""Beside a sample this long one rested conversion tells enough."""

MOST_LOOKS = 10
REPEATED = 3
"""Looks of a cell in all, and of one slice once a look has found something."""


@dataclass(frozen=True)
class Look:
    """Seconds of work found after a sample and the most that are accepted: in its last step's
    results, and in the median step's."""

    left_s: float
    left_limit_s: float
    undone_s: float
    undone_limit_s: float

    @property
    def passed(self) -> bool:
        return self.left_s <= self.left_limit_s and self.undone_s <= self.undone_limit_s


class Looks:
    """All looks into the samples of one case. `sizes` are the bytes of a step's results by name;
    `keeps` says that converting again costs nothing, as where the framework keeps the copy."""

    def __init__(
        self,
        sampler: Sampler,
        convert: Convert,
        sizes: Mapping[str, int],
        *,
        keeps: bool,
        kind: str,
    ) -> None:
        self._sampler, self._convert, self._sizes, self._keeps = sampler, convert, sizes, keeps
        self._share = LEFT_SHARE[kind]
        self._bases: dict[tuple[str, ...], deque[float]] = {}
        self.taken: list[Look] = []

    def look(self) -> list[Look]:
        """One look; several where one of the cell has found something, until that is certain."""
        new = [self._once()]
        while (
            len(new) < REPEATED
            and len(self.taken) + len(new) < MOST_LOOKS
            and not all(look.passed for look in [*self.taken, *new])
        ):
            new.append(self._once())
        self.taken += new
        return new

    def _once(self) -> Look:
        sampler, names = self._sampler, chosen(self._sizes)
        size = sum(self._sizes[name] for name in names)
        tail = Tail(names, 1 + min(EARLIER, EARLIER_BYTES // max(1, size)))
        loop = sampler.lasting(SAMPLE_S)
        sample_s = measure.sample_ns(sampler.step, sampler.wait, loop, tail) / 1e9
        *earlier, last = tail.results
        last_s = self._seconds(last)
        firsts = [self._seconds(results) for results in earlier]
        firsts.append(last_s)
        again = [self._seconds(results) for results in (*earlier, last)]
        bases = self._rested(names, last_s, sample_s)
        base_s = statistics.median(bases)
        limits = (
            self._share * min(sample_s, SAMPLE_S),
            LEFT_FLOOR_S,
            base_s / 2,
            max(bases) - min(bases),
        )
        usual = [base_s] * len(again) if self._keeps else again
        undone_s, undone_limit_s = undone(firsts, usual, sample_s / loop.steps)
        return Look(max(0.0, last_s - base_s), max(limits), undone_s, undone_limit_s)

    def _seconds(self, results: Results) -> float:
        return converting_s(self._convert, results.values())

    def _rested(self, names: tuple[str, ...], seen_s: float, sample_s: float) -> Sequence[float]:
        """Seconds of converting a step's results that were waited for and left alone after that."""
        bases = self._bases.setdefault(names, deque(maxlen=BASES))
        short = sample_s < LONG_S
        bases.append(self._base(names, seen_s, wakes=short))
        while short and len(bases) < LEAST_BASES:
            bases.append(self._base(names, seen_s, wakes=short))
        return bases

    def _base(self, names: tuple[str, ...], seen_s: float, *, wakes: bool) -> float:
        """`wakes`: what a rest puts to sleep is woken by another step's results."""
        every = [self._sampler.step() for _ in range(2 if wakes else 1)]
        self._sampler.wait(every)
        measure.rest(min(REST_LIMIT_S, max(REST_S, 3 * seen_s)))
        *_, base_s = [self._seconds({name: results[name] for name in names}) for results in every]
        return base_s


def converting_s(convert: Convert, values: Iterable[Any]) -> float:
    """Seconds that it takes; nothing is kept."""

    def convert_all() -> None:
        for value in values:
            convert(value)

    return measure.timed(convert_all)[1]


class Tail:
    """Keeps some results of the newest steps that were waited for."""

    def __init__(self, names: Sequence[str], steps: int) -> None:
        self._names = names
        self.results: deque[Results] = deque(maxlen=steps)

    def __call__(self, batch: list[Results]) -> None:
        for results in batch[-(self.results.maxlen or 1) :]:
            self.results.append({name: results[name] for name in self._names})
        batch.clear()


def chosen(sizes: Mapping[str, int]) -> tuple[str, ...]:
    """The smallest array that is no loss, and others by chance, while they are few and small."""
    names = sorted(sizes, key=lambda name: (name == "loss", sizes[name], name))
    first, others = names[0], random.sample(names[1:], len(names) - 1)
    taken, left = [first], CONVERTED_BYTES - sizes[first]
    for name in others:
        if len(taken) < CONVERTED and sizes[name] <= left:
            taken.append(name)
            left -= sizes[name]
    return tuple(sorted(taken))


def undone(
    firsts: Sequence[float], usual: Sequence[float], claimed_s: float
) -> tuple[float, float]:
    """By how much converting each step's results exceeds what that usually takes, at the median,
    and how much is accepted: half of what a step claims to take, half of what is usual, noise."""
    excess = [first - again for first, again in zip(firsts, usual, strict=True)]
    middle = statistics.median(excess)
    spread = 1.4826 * statistics.median(abs(each - middle) for each in excess)
    floor_s = UNDONE_FLOOR_S if len(excess) >= MANY else LEFT_FLOOR_S
    limit_s = max(claimed_s / 2, statistics.median(usual) / 2, floor_s, 3 * spread)
    return max(0.0, middle), limit_s


def verdict(found: Sequence[tuple[float, float]]) -> tuple[float, float] | None:
    """Of seconds and limits of several looks those that tell: the middle one of the guilty, where
    most looks or the last three are guilty, and else of the innocent; None without looks.

    Noise shows something in a look or two; and an adapter may begin to lie late.
    """
    if not found:
        return None
    bad = [error > limit for error, limit in found]
    guilty = sum(bad) > len(bad) / 2 or (len(bad) >= REPEATED and all(bad[-REPEATED:]))
    telling = [pair for pair, is_bad in zip(found, bad, strict=True) if is_bad == guilty]
    telling.sort(key=lambda pair: pair[0] / pair[1] if pair[1] else math.inf)
    return telling[len(telling) // 2]

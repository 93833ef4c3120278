"""What a worker learns of its adapter once, before any case: does it wait, and when does it work?

A device that is faster than its dispatch has always finished, so a small step cannot show that
nobody waits for it. Products of any size can: these keep the device busy, and converting the last
one must then cost what it costs after a rest.
"""

from __future__ import annotations

import statistics
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from bench.worker import measure
from bench.worker.measure import Loop, Results
from bench.worker.waiting import LEFT_FLOOR_S, LEFT_SHARE, REST_LIMIT_S, REST_S, Tail, converting_s
from frameworks.interface import Framework, parts
from suites.data.arrays import Array, Arrays
from suites.workload import Product

IN_FLIGHT = 16
BUSY_S = 0.02
"""Products in flight, and seconds that they must take together."""

MORE = 4
"""So many times as many may be in flight where that is enough: the next order takes far longer."""

ORDERS = {"cpu": (128, 256, 512, 1024), "gpu": (512, 1024, 2048, 4096)}
"""Of these products, until they do, by kind of device."""

OUTER = 256
DEEP = {"cpu": (512, 4096), "gpu": (65536,)}
"""Order of a result, and the lengths of its sums, by kind of device."""

DEEP_S = 0.004
"""The first of them that takes so long makes so much work that copying is nothing beside it."""

TRIES = 3


@dataclass(frozen=True)
class ProbeResult:
    """`keeps`: converting a result again costs far less than the first time. Seconds of work found
    after `wait`, and how many are accepted: of the deep product, and of many at once."""

    keeps: bool
    found: tuple[tuple[float, float], ...] = ()


def learn(adapter: Framework, kind: str) -> ProbeResult:
    """Raises whatever the adapter raises."""
    copying = _Probed(adapter, OUTER, 1)
    pairs = [copying.twice_s() for _ in range(TRIES)]
    keeps = statistics.median(again / first for first, again in pairs) < 0.5
    found = _late(_deep(adapter, kind), copying), _unfinished(adapter, kind)
    return ProbeResult(keeps, found)


class _Probed:
    """A product [order, k] x [k, order], over and over; two batches of constants take turns."""

    def __init__(self, adapter: Framework, order: int, k: int) -> None:
        self._adapter = adapter
        work = Product(suite="probe", name="product", m=order, k=k, n=order)
        ring = tuple({"a": _constant((order, k), value)} for value in (0.5, 0.25))
        inputs = {**ring[0], "b": _constant((k, order), 0.5)}
        self._step, _ = parts(adapter.build(work, Arrays(inputs, {}, ring=ring)))
        self._finished()

    def batch(self, steps: int) -> tuple[Results, float]:
        """The last of so many steps in flight and the seconds until they had been waited for."""
        tail = Tail(("product",), 1)
        taken_ns = measure.sample_ns(self._step, self._adapter.wait, Loop(steps, 1), tail)
        return tail.results[-1], taken_ns / 1e9

    def seconds(self, results: Results) -> float:
        """Of converting them."""
        return converting_s(self._adapter.to_numpy, results.values())

    def complete_s(self) -> float:
        """Seconds of a product and of converting it, of which it may be part; the least of some."""
        taken = []
        for _ in range(TRIES):
            results, waited_s = self.batch(1)
            taken.append(waited_s + self.seconds(results))
        return min(taken)

    def twice_s(self) -> tuple[float, float]:
        """Seconds of converting a rested result, and of doing so again."""
        results = self._rested(0.0)
        return self.seconds(results), self.seconds(results)

    def rested_s(self, seen_s: float) -> list[float]:
        """Seconds of converting some rested results, once each."""
        return [self.seconds(self._rested(seen_s)) for _ in range(TRIES)]

    def _rested(self, seen_s: float) -> Results:
        """A result that was waited for and left alone after that for longer than `seen_s`; what
        slept meanwhile has been woken by another."""
        waking, results = self._finished(), self._finished()
        measure.rest(min(REST_LIMIT_S, max(REST_S, 3 * seen_s)))
        self.seconds(waking)
        return results

    def _finished(self) -> Results:
        return self.batch(1)[0]


def _deep(adapter: Framework, kind: str) -> _Probed:
    """A product of much work; where the device is slow not of more than that needs."""
    *shorter, longest = DEEP[kind]
    for k in shorter:
        probed = _Probed(adapter, OUTER, k)
        if probed.complete_s() >= DEEP_S:
            return probed
    return _Probed(adapter, OUTER, longest)


def _constant(shape: tuple[int, int], value: float) -> Array:
    array = np.full(shape, value, np.float32)
    array.flags.writeable = False
    return array


def _late(deep: _Probed, copying: _Probed) -> tuple[float, float]:
    """Seconds that a rested result of much work takes to convert beyond one of next to no work."""
    found = []
    for _ in range(TRIES):
        copy_s = statistics.median(copying.rested_s(0.0))
        deep_s = statistics.median(deep.rested_s(0.0))
        found.append((max(0.0, deep_s - copy_s), max(copy_s, 2 * LEFT_FLOOR_S)))
        if found[-1][0] <= found[-1][1]:
            break
    return _least(found)


def _unfinished(adapter: Framework, kind: str) -> tuple[float, float]:
    """Seconds of work that many products in flight leave over after `wait`."""
    found: list[tuple[float, float]] = []
    for order in ORDERS[kind]:
        probed = _Probed(adapter, order, order)
        found, steps = [], _enough(probed)
        for _ in range(TRIES):
            last, waited_s = probed.batch(steps)
            last_s = probed.seconds(last)
            bases = probed.rested_s(last_s)
            base_s = statistics.median(bases)
            limits = LEFT_SHARE[kind] * (waited_s + last_s), base_s / 2, max(bases) - min(bases)
            found.append((max(0.0, last_s - base_s), max(*limits, LEFT_FLOOR_S)))
            if found[-1][0] <= found[-1][1]:
                break
        if waited_s + last_s - base_s >= BUSY_S:
            break
    return _least(found)


def _enough(probed: _Probed) -> int:
    """How many of these products to have in flight, if so many can keep the device busy."""
    last, waited_s = probed.batch(IN_FLIGHT)
    each_s = (waited_s + probed.seconds(last)) / IN_FLIGHT
    return max(IN_FLIGHT, min(MORE * IN_FLIGHT, round(1.25 * BUSY_S / each_s)))


def _least(found: Sequence[tuple[float, float]]) -> tuple[float, float]:
    """What is right once is right: work that was left over is so every time."""
    return min(found, key=lambda pair: pair[0] / pair[1])

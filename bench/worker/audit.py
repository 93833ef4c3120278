"""An audit: a few steps with batches that nobody has seen, in the loop that timed samples use.

Who remembers answers by their inputs, or works only while someone looks, is wrong here or slower
than claimed. So that nothing can be remembered from the audit before either, every audit's batches
are changed by chance in a way that can be undone in the results.
"""

from __future__ import annotations

import dataclasses
import functools
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from bench.worker import measure
from bench.worker.measure import Results, Sampler
from frameworks.interface import Reset
from suites.data import arrays
from suites.data.arrays import Array, Arrays, Batch
from suites.data.batch_loader import BatchLoader
from suites.operations import Result
from suites.verification import checks
from suites.workload import Decode, Forward, Learn, Lifecycle, Operation, Product, Train, Workload

OnHost = Callable[[Results], dict[str, Array]]
Undo = Callable[[Mapping[str, Array]], Mapping[str, Array]]

WARM_S = 0.05
"""Of steps before an audit on a GPU: clocks fall within milliseconds of rest, and
copying the arrays was one."""

OWN_S = 0.3
"""A learning that takes less is done once more with its own data, when they have been put back."""

SCALES = tuple(sign * 2.0**power for sign in (1, -1) for power in range(-2, 3))
"""Factors by which a product is exactly so many times what it was."""


@dataclass(frozen=True)
class Audited:
    """What was observed, and the seconds of so many steps."""

    observed: checks.Observed
    seconds: float
    steps: int


def take(
    workload: Workload,
    reset: Reset,
    sampler: Sampler,
    made: Arrays,
    seed: int,
    on_host: OnHost,
    *,
    warm_s: float,
    asynchronous: bool,
    on_gpu: bool = False,
) -> Audited:
    """Exchange the arrays `made`, take the steps, and put the arrays back as if none had been."""
    changed = Changed(workload, arrays.audit(workload, seed, made.weights))
    steps = arrays.audited_steps(workload)
    kept = _Kept(workload, on_host, at_once=not asynchronous)
    try:
        swap = reset(changed.arrays)
        if on_gpu or sampler.step_s < warm_s:  # a long step needs none, and costs much
            sampler.warm(max(warm_s, WARM_S) if on_gpu else warm_s)
        swap()
        taken_ns = [
            measure.sample_ns(sampler.step, sampler.wait, loop, kept)
            for loop in sampler.exactly(steps)
        ]
    finally:
        changed.arrays.close()
    results = {number: kept.finished(number) for number in kept.found}
    reset(made)()
    if _learns_other_data(workload, made, changed.arrays) and sampler.step_s <= OWN_S:
        own = sampler.step()
        sampler.wait([own])
        results[steps] = on_host(own)
    seconds = sum(taken_ns) / 1e9 - kept.aside_s
    return Audited(changed.observe(results, seed), max(0.0, seconds), steps)


def _learns_other_data(workload: Workload, made: Arrays, fresh: Arrays) -> bool:
    """Whether this is learning, and an audit's data are not the timed ones, as those of a file."""
    if not isinstance(workload, Learn | Lifecycle):
        return False
    return any(not np.array_equal(fresh.inputs[name], made.inputs[name]) for name in made.inputs)


class _Kept:
    """Keeps the results of some steps, in the order in which they are waited for. `at_once`: on
    the host, where a step may write its results over those of the one before."""

    def __init__(self, workload: Workload, on_host: OnHost, *, at_once: bool) -> None:
        self._numbers = checks.kept_steps(workload)
        self._trains = isinstance(workload, Train)
        self._on_host, self._at_once = on_host, at_once
        self._count = 0
        self.aside_s = 0.0
        """Seconds of that, within the sample."""
        self.found: dict[int, Any] = {}

    def __call__(self, batch: list[Results]) -> None:
        for number, results in enumerate(batch, self._count):
            if number in self._numbers:
                kept = self._told(number, results)
                self.found[number] = self._taken(kept) if self._at_once else kept
        self._count += len(batch)
        batch.clear()

    def finished(self, number: int) -> dict[str, Array]:
        """A kept step's results on the host."""
        results: dict[str, Array] = self.found[number]
        return results if self._at_once else self._on_host(results)

    def _told(self, number: int, results: Results) -> Results:
        """Weights may be updated in place: earlier ones than the last step's are no more."""
        if self._trains and number != max(self._numbers):
            return {name: results[name] for name in ("loss",) if name in results}
        return results

    def _taken(self, results: Results) -> dict[str, Array]:
        taken, seconds = measure.timed(lambda: self._on_host(results))
        self.aside_s += seconds
        return taken


class Changed:
    """Arrays of an audit, changed by chance: a product's left operand by a power of two, a batch's
    samples in their order, and so an operation's inputs along their first axis. Loss, gradients and
    statistics of a batch stay as they are: of one trained on in parts, each part keeps its samples.
    """

    def __init__(self, workload: Workload, fresh: Arrays) -> None:
        self._workload, self._weights = workload, fresh.weights
        self._undo: list[Undo] = []
        self.arrays = fresh
        fed = isinstance(workload, Forward | Train) and workload.inputs in ("loop", "background")
        if not fresh.ring or fed:  # what is prepared from bytes comes in its own order
            return
        chance = np.random.default_rng()
        ring = tuple(self._changed(batch, chance) for batch in fresh.ring)
        feed = BatchLoader(ring) if fresh.feed is not None else None
        self.arrays = dataclasses.replace(
            fresh, inputs={**fresh.inputs, **ring[0]}, ring=ring, feed=feed
        )

    def observe(self, kept: Mapping[int, Mapping[str, Array]], seed: int) -> checks.Observed:
        """What is compared, of results by step as they would be had nothing been changed."""
        undone = {
            number: self._undo[number](results) if self._undo else results
            for number, results in kept.items()
        }
        return checks.observe_audit(self._workload, undone, self._weights, seed)

    def _changed(self, batch: Batch, chance: np.random.Generator) -> Batch:
        if isinstance(self._workload, Product):
            scale = np.float32(chance.choice(SCALES))
            self._undo.append(lambda results: _each(results, "product", lambda c: c / scale))
            return {name: _frozen(array * scale) for name, array in batch.items()}
        parts = self._workload.accumulate if isinstance(self._workload, Train) else 1
        order = _shuffled(len(next(iter(batch.values()))), parts, chance)
        back = np.argsort(order)
        if isinstance(self._workload, Operation):
            given = self._workload.operator.results
            self._undo.append(lambda results: _each_by_row(results, given, back))
            return {name: _frozen(array[order]) for name, array in batch.items()}
        self._undo.append(functools.partial(_in_order, self._workload, back))
        return {name: _frozen(array[order]) for name, array in batch.items()}


def _shuffled(count: int, parts: int, chance: np.random.Generator) -> Array:
    """The numbers below `count` by chance, each within its own of so many equal parts: a part has
    statistics of its own, and running averages go from one to the next."""
    return np.concatenate([chance.permutation(part) for part in np.split(np.arange(count), parts)])


def _in_order(workload: Workload, back: Array, results: Mapping[str, Array]) -> Mapping[str, Array]:
    """The samples' results in the order that the batch had before it was changed."""
    names = {Forward: ("output",), Decode: ("logits", "tokens")}
    for name in names.get(type(workload), ()):
        results = _each(results, name, lambda y: y[back] if len(y) == len(back) else y)
    return results


def _each(
    results: Mapping[str, Array], name: str, change: Callable[[Array], Array]
) -> Mapping[str, Array]:
    """The results with one of them changed, if it is there and has any dimension."""
    array = results.get(name)
    if array is None or array.ndim == 0:
        return results
    return {**results, name: change(array)}


def _each_by_row(
    results: Mapping[str, Array], described: Mapping[str, Result], back: Array
) -> Mapping[str, Array]:
    """An operation's results, those that go by row in the order before."""
    return {
        name: array[back]
        if name in described and described[name].by_row and array.shape[:1] == back.shape
        else array
        for name, array in results.items()
    }


def _frozen(array: Array) -> Array:
    array.flags.writeable = False
    return array

"""The case under way in a worker: built, looked at, timed and audited."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bench.worker import audit, measure, observations, waiting
from frameworks.interface import Framework, Memory, Reset, Resettable, Step, parts
from frameworks.shared import lifecycle
from suites.data import arrays
from suites.verification import checks
from suites.workload import Lifecycle, Product, Train, Workload, reduced_for_reference

FORETOLD = 3.0
"""So many times the longest step allowed must a step be foretold to take, from the smaller twin's
pace, not to be tried at all: large work is seldom so much faster for its size."""


class TooLong(Exception):
    """A step of `flop` took longer than the preset allows or, `foretold`, would take far longer."""

    def __init__(self, step_s: float, flop: int, *, foretold: bool = False) -> None:
        super().__init__(f"a step takes {step_s:.0f} s")
        self.step_s, self.flop, self.foretold = step_s, flop, foretold


class Overwritten(Exception):
    """What audits begin with is no longer there."""


class Built:
    """One workload, placed and ready."""

    def __init__(self, adapter: Framework, workload: Workload, made: arrays.Arrays) -> None:
        self.adapter, self.workload, self.arrays = adapter, workload, made
        self.first_step_s: float | None = None
        self.first_step_kept = False
        """Whether programs of it were kept from an earlier process."""
        self.later_step_s: float | None = None
        """The fastest one after the first."""
        self.step_limit_s = math.inf
        self.sizes: dict[str, int] = {}
        """Bytes of each result on the host, once a step was run."""
        built, self.build_s = measure.timed(self._build)
        self.step: Step
        self.reset: Reset | None
        self.step, self.reset = parts(built)

    def run(self) -> Mapping[str, arrays.Array]:
        """One step's results on the host, copied: a framework may reuse its memory.

        The first step may compile; TooLong if a later one, too, takes longer than the limit.
        """
        kept = self._kept() if self.first_step_s is None else 0
        results, step_s = measure.timed(self._finished_step)
        if self.first_step_s is None:
            self.first_step_s = step_s
            self.first_step_kept = self._kept() > kept
            if step_s <= self.step_limit_s or isinstance(self.workload, Train):
                return self.on_host(results)
            first = self.on_host(results)
            # On trial alone: its batch is the next one, whose results are others.
            self._not_too_long(measure.timed(self._finished_step)[1])
            return first
        self._not_too_long(step_s)
        return self.on_host(results)

    def _not_too_long(self, step_s: float) -> None:
        self.later_step_s = min(step_s, self.later_step_s or step_s)
        least_s = min(step_s, self.first_step_s or step_s)
        if least_s > self.step_limit_s:
            raise TooLong(least_s, self.workload.flop)

    def on_host(self, results: Mapping[str, Any]) -> dict[str, arrays.Array]:
        """The results of a finished step, copied."""
        if not isinstance(results, Mapping):
            received = type(results).__name__
            raise TypeError(f"a step returns its results by name. Received: {received}")
        copied: dict[str, arrays.Array] = {}
        room_bytes = observations.most_bytes(self.workload.output_bytes)
        for name, result in results.items():
            if "complex" in str(getattr(result, "dtype", "")):  # to_numpy may drop half of each
                raise TypeError(f"a step returns real numbers. Received: complex ones for {name}")
            copied[name] = observations.number(name, self.adapter.to_numpy(result), room_bytes)
            room_bytes -= copied[name].nbytes
        self.sizes = {name: array.nbytes for name, array in copied.items()}
        return copied

    def close(self) -> None:
        """End what prepares its batches."""
        self.arrays.close()

    def _build(self) -> Step | Resettable:
        if isinstance(self.workload, Lifecycle):
            return lifecycle.build(self.adapter, self.workload, self.arrays)
        return self.adapter.build(self.workload, self.arrays)

    def _kept(self) -> int:
        count = getattr(self.adapter, "kept", None)
        return 0 if count is None else count()

    def _finished_step(self) -> Mapping[str, Any]:
        results = self.step()
        self.adapter.wait([results])
        return results


SENTINEL = Product(suite="sentinel", name="product", m=512, k=512, n=512)

SENTINEL_TRIES = 3
"""The fastest counts."""


class DeviceSentinel:
    """A fixed product on a device that is not the CPU, timed beside every slice."""

    def __init__(self, adapter: Framework) -> None:
        self._wait = adapter.wait
        self._built = Built(adapter, SENTINEL, arrays.make(SENTINEL, 0))
        self._built.run()

    def seconds(self) -> float:
        """The fastest of some steps, each waited for."""
        once = measure.Loop(1, 1)
        taken_ns = [
            measure.sample_ns(self._built.step, self._wait, once) for _ in range(SENTINEL_TRIES)
        ]
        return min(taken_ns) / 1e9


@dataclass(frozen=True)
class Seen:
    """What the reference is compared with, what contenders are compared in, and the curves of
    learning at the timed shape."""

    observed: checks.Observed
    compared: checks.Observed
    curves: checks.Observed


class Case:
    """The case under way: the step that is verified is the step that is timed, or, where that is
    too large for the reference, its smaller twin in the same process. `drawn` says which samples
    the reference has chosen for what it looks at."""

    def __init__(
        self, adapter: Framework, workload: Workload, seed: int, drawn: Sequence[int]
    ) -> None:
        self.adapter, self.workload, self.seed = adapter, workload, seed
        self.sampler: measure.Sampler | None = None
        self.looks: waiting.Looks | None = None
        self.resettable = self._on_gpu = False
        self.slices = 0
        self.first_memory: Memory | None = None
        """Of the device before the first audit, whose copies are not the case's own."""
        # The twin comes first: an adapter counts memory from its last build.
        small, self._twin = reduced_for_reference(workload), None
        if small != workload:
            self._twin = Built(adapter, small, arrays.make(small, seed, drawn))
            drawn = ()
        self.timed = Built(adapter, workload, arrays.make(workload, seed, drawn))
        self.arrays_sha256 = self.timed.arrays.sha256()

    def observe(self, step_limit_s: float) -> Seen:
        """Of the twin where there is one; then the timed step is run too."""
        checked, self._twin = self._twin or self.timed, None
        checked.step_limit_s = self.timed.step_limit_s = step_limit_s
        newest: checks.Observed = {}

        def run() -> Mapping[str, arrays.Array]:
            results = checked.run()
            newest.update((name, results[name]) for name in checks.LEARNED if name in results)
            return results

        observed = checks.observe(checked.workload, run, checked.arrays.weights, self.seed)
        compared: checks.Observed = {}
        if checked is not self.timed:
            checked.close()
            self._foretell(checked, step_limit_s)
            checked = self.timed
            compared = checks.observe_compared(self.workload, self.timed.run)
            if not compared:
                run()
        if self.timed.arrays.sha256() != self.arrays_sha256:
            raise Overwritten(
                "its step wrote into the arrays that it was given; `build` must copy them"
            )
        return Seen(observed, compared, newest)

    def _foretell(self, twin: Built, step_limit_s: float) -> None:
        """Raises TooLong where the twin was so slow that the timed step need not be tried."""
        if twin.later_step_s is None or not twin.workload.flop:
            return
        step_s = twin.later_step_s * self.workload.flop / twin.workload.flop
        if step_s > FORETOLD * step_limit_s:
            raise TooLong(step_s, self.workload.flop, foretold=True)

    def start_sampling(self, *, kind: str, asynchronous: bool, keeps: bool) -> None:
        """Find out how many steps make a sample, and be ready to look into samples."""
        if not self.timed.sizes:
            self.timed.run()
        self._on_gpu = kind != "cpu"
        self.sampler = measure.Sampler(
            self.timed.step,
            self.adapter.wait,
            deepest=measure.depth(
                asynchronous=asynchronous, kind=kind, output_bytes=self.workload.output_bytes
            ),
            sample_s=measure.SAMPLE_S[kind],
            part_s=measure.PART_S[kind],
        )
        self.sampler.calibrate()
        self.looks = waiting.Looks(
            self.sampler,
            self.adapter.to_numpy,
            self.timed.sizes,
            keeps=keeps,
            kind=kind,
        )

    def audit(self, *, warm_s: float, asynchronous: bool) -> audit.Audited | None:
        """Steps with batches never seen; None where the adapter cannot exchange its arrays."""
        if self.timed.reset is None or self.sampler is None:
            return None
        self.first_memory = self.first_memory or self.adapter.memory()
        return audit.take(
            self.workload,
            self.timed.reset,
            self.sampler,
            self.timed.arrays,
            self.seed,
            self.timed.on_host,
            warm_s=warm_s,
            asynchronous=asynchronous,
            on_gpu=self._on_gpu,
        )

    def renewed(self) -> checks.Observed:
        """What an audit would have observed, of a step that is built anew for it."""
        self.timed.close()
        weights = self.timed.arrays.weights
        self.sampler = self.looks = None
        del self.timed  # before another takes as much memory
        if isinstance(self.workload, Product) and self.workload.generated:
            self.timed = built = Built(
                self.adapter, self.workload, arrays.make(self.workload, self.seed)
            )
            return checks.observe(self.workload, built.run, weights, self.seed)
        fresh = arrays.audit(self.workload, self.seed, weights)
        changed = audit.Changed(self.workload, fresh)
        self.timed = built = Built(self.adapter, self.workload, changed.arrays)
        keep, kept = checks.kept_steps(self.workload), {}
        for number in range(arrays.audited_steps(self.workload)):
            results = built.run()
            if number in keep:
                kept[number] = results
        return changed.observe(kept, self.seed)

    def compilations(self) -> int | None:
        """How often the process has compiled so far; None where the adapter cannot say, or where
        compiling belongs to the work: a life makes its model anew in every step."""
        count = getattr(self.adapter, "compilations", None)
        return None if count is None or isinstance(self.workload, Lifecycle) else count()

    def close(self) -> None:
        """End what works in the background."""
        self.timed.close()

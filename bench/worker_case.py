"""The case under way in a worker: built, looked at, and trained on after it was timed."""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from bench import measure
from frameworks import lifecycle
from frameworks.interface import Framework, Step
from suites import arrays, checks
from suites.training_checks import observe_training
from suites.workload import Adam, Lifecycle, Product, Train, Workload, checkable


class TooLong(Exception):
    """A step of `flop` took longer than the preset allows."""

    def __init__(self, step_s: float, flop: int) -> None:
        super().__init__(f"a step took {step_s:.0f} s")
        self.step_s, self.flop = step_s, flop


class Built:
    """One workload, placed and ready."""

    def __init__(self, adapter: Framework, workload: Workload, seed: int) -> None:
        self.adapter, self.workload = adapter, workload
        self.arrays = arrays.make(workload, seed)
        self.arrays_sha256 = self.arrays.sha256()
        self.first_step_s: float | None = None
        self.step_limit_s = math.inf
        self.step, self.build_s = measure.timed(self._build)

    def run(self) -> Mapping[str, arrays.Array]:
        """One step's results on the host, copied: a framework may reuse its memory.

        The first step may compile; TooLong if a later one, too, takes longer than the limit.
        """
        results, step_s = measure.timed(self._finished_step)
        if self.first_step_s is None:
            self.first_step_s = step_s
            if step_s <= self.step_limit_s or isinstance(self.workload, Train):
                return self._on_host(results)
            results, step_s = measure.timed(self._finished_step)
        if min(step_s, self.first_step_s) > self.step_limit_s:
            raise TooLong(min(step_s, self.first_step_s), self.workload.flop)
        return self._on_host(results)

    def _on_host(self, results: Mapping[str, Any]) -> dict[str, arrays.Array]:
        return {name: np.array(self.adapter.to_numpy(value)) for name, value in results.items()}

    def unready(self) -> tuple[float, float]:
        """Seconds of work left after `wait`, and how many are accepted."""
        convert = self.adapter.to_numpy
        return measure.unready(
            self.step, self.adapter.wait, lambda results: [convert(v) for v in results.values()]
        )

    def close(self) -> None:
        """End what prepares its batches."""
        self.arrays.close()

    def _build(self) -> Step:
        if isinstance(self.workload, Lifecycle):
            return lifecycle.build(self.adapter, self.workload, self.arrays)
        return self.adapter.build(self.workload, self.arrays)

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
        self._built = Built(adapter, SENTINEL, seed=0)
        self._built.run()

    def seconds(self) -> float:
        """The fastest of some steps, each waited for."""
        once = measure.Loop(1, 1)
        taken_ns = [
            measure.sample_ns(self._built.step, self._wait, once) for _ in range(SENTINEL_TRIES)
        ]
        return min(taken_ns) / 1e9


class Case:
    """The case under way: the step that is verified is the step that is timed, or, where that is
    too large for the reference, its smaller twin in the same process."""

    def __init__(self, adapter: Framework, workload: Workload, seed: int) -> None:
        self.adapter, self.workload, self.seed = adapter, workload, seed
        self.sampler: measure.Sampler | None = None
        self.resettable = False
        # The twin comes first: an adapter counts memory from its last build.
        self._twin = self._built_twin()
        self.timed = Built(adapter, workload, seed)

    def observe(
        self, step_limit_s: float
    ) -> tuple[checks.Observed, checks.Observed, list[checks.Check]]:
        """What the reference is compared with, what contenders are compared in, and what of that
        is wrong in itself."""
        checked, self._twin = self._twin or self.timed, None
        checked.step_limit_s = self.timed.step_limit_s = step_limit_s
        weights = checked.arrays.weights
        observed = compared = checks.observe(checked.workload, checked.run, weights, self.seed)
        if checked is not self.timed:
            checked.close()
            compared = checks.observe_compared(self.workload, self.timed.run)
        return observed, compared, checks.complete(self.workload, compared)

    def continue_training(self, path: Path) -> list[checks.Check]:
        """Write the weights of one step, and what the next step made of them, to an .npz file.

        A check tells whether the timed step, if it has a twin, still gives finite numbers.
        """
        twin = self._built_twin()
        checked = twin or self.timed
        assert isinstance(checked.workload, Train)
        results = checked.run()
        before = {n: results[n].reshape(w.shape) for n, w in checked.arrays.weights.items()}
        names = [*map(Adam.first_moment, before), *map(Adam.second_moment, before)]
        before |= {name: results[name] for name in names if name in results}
        observed = observe_training(checked.workload, checked.run, before, steps=1, taken=None)
        # As they are: in float64 those of a large model took more memory than the model itself.
        entries = {f"state|{name}": array for name, array in before.items()}
        entries |= {f"observed|{name}": array for name, array in observed.items()}
        with path.open("wb") as file:
            np.savez(file, **entries)  # type: ignore[arg-type]
        if twin is None:
            return []
        twin.close()
        return [_finite(self.timed.run())]

    def compilations(self) -> int | None:
        """How often the process has compiled so far; None where the adapter cannot say, or where
        compiling belongs to the work: a life makes its model anew in every step."""
        count = getattr(self.adapter, "compilations", None)
        return None if count is None or isinstance(self.workload, Lifecycle) else count()

    def close(self) -> None:
        """End what works in the background."""
        self.timed.close()

    def _built_twin(self) -> Built | None:
        small = checkable(self.workload)
        return Built(self.adapter, small, self.seed) if small != self.workload else None


def _finite(results: Mapping[str, arrays.Array]) -> checks.Check:
    wrong = [name for name, array in results.items() if not np.all(np.isfinite(array))]
    problem = f"not finite: {', '.join(wrong)[:200]}" if wrong else None
    return checks.Check("timed step", None if wrong else 0.0, 0.0, problem)

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
from suites.workload import Lifecycle, Train, Workload, checkable


class TooLong(Exception):
    """A step took longer than the preset allows."""

    def __init__(self, step_s: float) -> None:
        super().__init__(f"a step took {step_s:.0f} s")
        self.step_s = step_s


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
        elif min(step_s, self.first_step_s) > self.step_limit_s:
            raise TooLong(min(step_s, self.first_step_s))
        return {name: np.array(self.adapter.to_numpy(value)) for name, value in results.items()}

    def unready(self) -> tuple[float, float]:
        """Seconds of work left after `wait`, and how many are accepted."""
        convert = self.adapter.to_numpy
        return measure.unready(
            self.step, self.adapter.wait, lambda results: [convert(v) for v in results.values()]
        )

    def _build(self) -> Step:
        if isinstance(self.workload, Lifecycle):
            return lifecycle.build(self.adapter, self.workload, self.arrays)
        return self.adapter.build(self.workload, self.arrays)

    def _finished_step(self) -> Mapping[str, Any]:
        results = self.step()
        self.adapter.wait([results])
        return results


class Case:
    """The case under way: the step that is verified is the step that is timed, or, where that is
    too large for the reference, its smaller twin in the same process."""

    def __init__(self, adapter: Framework, workload: Workload, seed: int, resettable: bool) -> None:
        self.workload, self.seed, self.resettable = workload, seed, resettable
        self.sampler: measure.Sampler | None = None
        small = checkable(workload)
        # The twin comes first: an adapter counts memory from its last build.
        twin = Built(adapter, small, seed) if small != workload else None
        self.timed = Built(adapter, workload, seed)
        self.checked = twin or self.timed

    def observe(self, step_limit_s: float) -> tuple[checks.Observed, dict[str, list[float]]]:
        """What the reference is compared with, and what contenders are compared in."""
        self.checked.step_limit_s = self.timed.step_limit_s = step_limit_s
        weights = self.checked.arrays.weights
        observed = checks.observe(self.checked.workload, self.checked.run, weights, self.seed)
        compared = observed
        if self.checked is not self.timed:
            compared = checks.observe_compared(self.workload, self.timed.run)
        return observed, {
            name: [float(value) for value in np.ravel(compared[name])]
            for name in checks.compared_names(self.workload)
            if name in compared and np.all(np.isfinite(compared[name]))
        }

    def continue_training(self, path: Path) -> None:
        checked = self.checked
        assert isinstance(checked.workload, Train)
        before = dict(checked.run())
        before |= {
            name: before[name].reshape(w.shape) for name, w in checked.arrays.weights.items()
        }
        observed = observe_training(checked.workload, checked.run, before, steps=1, taken=None)
        entries = {f"state|{name}": array for name, array in before.items()}
        entries |= {f"observed|{name}": array for name, array in observed.items()}
        with path.open("wb") as file:
            np.savez(file, **entries)  # type: ignore[arg-type]

    def close(self) -> None:
        """End what works in the background."""
        self.timed.arrays.close()
        self.checked.arrays.close()

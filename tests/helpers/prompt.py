"""An adapter for tests: null, but its answers are worked out in the steps, not when someone looks.

Products and forward passes are worked out beforehand, as arrays are placed; training in each step.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from frameworks.interface import Resettable, Step, parts
from frameworks.null import adapter
from frameworks.null.adapter import devices, memory, start, to_numpy, wait
from suites.data.arrays import Arrays
from suites.workload import Train, Workload

__all__ = ["ENVIRONMENT", "NAME", "build", "devices", "memory", "start", "to_numpy", "wait"]

NAME = "prompt"
ENVIRONMENT = "host"


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    if isinstance(workload, Train):
        return _training(workload, arrays)
    take, exchange = parts(adapter.build(workload, arrays))

    def step() -> Mapping[str, Any]:
        return {name: to_numpy(answer) for name, answer in take().items()}

    def work_ahead(batches: int) -> None:
        for _ in range(batches):
            step()

    work_ahead(len(arrays.ring) or 1)
    if exchange is None:
        return step

    def reset(others: Arrays) -> Callable[[], None]:
        swap = exchange(others)

        def swapped() -> None:
            swap()
            work_ahead(len(others.ring) or 1)

        return swapped

    return Resettable(step, reset)


def _training(workload: Train, arrays: Arrays) -> Resettable:
    """Each step takes as long as the others: what is worked out ahead would seem to be quick."""
    at_work = adapter.Training(workload, arrays)

    def reset(others: Arrays) -> Callable[[], None]:
        def swap() -> None:
            nonlocal at_work
            at_work = adapter.Training(workload, others)

        return swap

    return Resettable(lambda: at_work.work(), reset)

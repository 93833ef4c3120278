"""Lies that reach into the harness's part of the process: its clock, its samples, its checks."""

from __future__ import annotations

import dataclasses
import sys
import time
from typing import TYPE_CHECKING, Any, ClassVar

import numpy as np

from bench.worker import measure
from tests.simulated.variants.honest import ALL, Honest

if TYPE_CHECKING:
    from tests.simulated.adapter import Placed

REACHED = ("suites.", "bench.")
"""Modules in which checks are forged."""


class SlowClock(Honest):
    """The harness's clock runs at a tenth of its speed."""

    quick_in, real = ALL, True
    speed: ClassVar[float] = 0.1

    def started(self) -> None:
        begun = time.perf_counter_ns()
        measure.perf_counter_ns = lambda: int(begun + (time.perf_counter_ns() - begun) * self.speed)


class ClockAt87(SlowClock):
    """The harness's clock runs at 87 % of its speed."""

    speed = 0.87


class DividedSamples(Honest):
    """The samples of a slice are divided by 20 when it is told."""

    quick_in = ALL
    fields: ClassVar[tuple[str, ...]] = ("samples_s",)

    def started(self) -> None:
        true = measure.Sampler.take_slice

        def forged(*arguments: Any, **named: Any) -> Any:
            taken = true(*arguments, **named)
            told = {
                field.name: _divided(getattr(taken, field.name))
                for field in dataclasses.fields(taken)
                if field.name in self.fields
            }
            return dataclasses.replace(taken, **told)

        measure.Sampler.take_slice = forged  # type: ignore[method-assign]


class DividedSums(DividedSamples):
    """The samples, their sum, and the latencies are divided by 20."""

    fields = ("samples_s", "latencies_s", "sampled_s")


class DividedAll(DividedSamples):
    """All seconds of a slice are divided by 20."""

    real = True
    fields = (*DividedSums.fields, "wall_s", "warmed_s", "apart_s", "audit_s")


def _divided(value: Any) -> Any:
    if isinstance(value, list | tuple):
        return [each / 20 for each in value]
    return None if value is None else value / 20


class ForgedChecks(Honest):
    """Answers are zeros, and every function called `compare` in the process says that they pass."""

    wrong_in = quick_in = ALL

    def started(self) -> None:
        for name, module in list(sys.modules.items()):
            if name.startswith(REACHED) and hasattr(module, "compare"):
                module.compare = lambda *arguments, **named: []  # type: ignore[attr-defined]

    def do(self, placed: Placed) -> Any:
        right = placed.steps.take()
        zeros = lambda: {name: np.zeros_like(array) for name, array in right().items()}  # noqa: E731
        return placed.call(zeros, 0.0)

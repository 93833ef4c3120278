"""Learning-rate schedules: by what factor the rate of an optimizer is multiplied in each step.

Formulas over an array namespace `xp` that has `sin`, `floor`, `minimum` and `maximum`, as the
optimizers' own are. A constant rate needs none.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any, final


@dataclass(frozen=True)
class Schedule(ABC):
    """What every schedule is. Built-in ones are in `SCHEDULES`; no other is run."""

    @abstractmethod
    def factor(self, done: Any, xp: Any) -> Any:
        """The factor of the rate after so many updates: 0 before the first."""


@final
@dataclass(frozen=True)
class StepDecay(Schedule):
    """gamma^floor(done / every): the rate falls by `gamma` after every so many updates."""

    every: int
    gamma: float = 0.1

    def __post_init__(self) -> None:
        if not (_whole(self.every, 1) and 0 < _number(self.gamma) <= 1):
            raise ValueError(
                f"StepDecay expects a whole number of updates from 1 on, and gamma above 0 up to "
                f"1. Received: {self!r}"
            )

    def factor(self, done: Any, xp: Any) -> Any:
        return self.gamma ** xp.floor(done / self.every)


@final
@dataclass(frozen=True)
class Cosine(Schedule):
    """From 1 down to `least` in so many steps along half a cosine, then `least` (Loshchilov and
    Hutter, arXiv:1608.03983, equation 5, without restarts)."""

    steps: int
    least: float = 0.0

    def __post_init__(self) -> None:
        if not (_whole(self.steps, 1) and 0 <= _number(self.least) <= 1):
            raise ValueError(
                f"Cosine expects a whole number of steps from 1 on, and least from 0 to 1. "
                f"Received: {self!r}"
            )

    def factor(self, done: Any, xp: Any) -> Any:
        left = xp.maximum(self.steps - done, 0) / self.steps
        # (1 + cos(pi (1 - left))) / 2, which near its end would lose its digits.
        return self.least + (1 - self.least) * xp.sin(math.pi / 2 * left) ** 2


@final
@dataclass(frozen=True)
class WarmupLinear(Schedule):
    """(done + 1) / warmup up to 1, then along a line down to 0 at `steps` (Devlin et al.,
    arXiv:1810.04805, appendix A.2; the first update already moves)."""

    warmup: int
    steps: int

    def __post_init__(self) -> None:
        if not (_whole(self.warmup, 0) and _whole(self.steps, 1) and self.warmup < self.steps):
            raise ValueError(
                f"WarmupLinear expects whole numbers, warmup from 0 on and steps above it. "
                f"Received: {self!r}"
            )

    def factor(self, done: Any, xp: Any) -> Any:
        down = xp.maximum(self.steps - done, 0) / (self.steps - self.warmup)
        return xp.minimum(down, (done + 1) / self.warmup if self.warmup else 1)


SCHEDULES: tuple[type[Schedule], ...] = (StepDecay, Cosine, WarmupLinear)


def check_schedule(schedule: object) -> None:
    """Raises ValueError for what is none of them, nor None."""
    if schedule is not None and type(schedule) not in SCHEDULES:
        words = ", ".join(f"{known.__name__}(...)" for known in SCHEDULES)
        raise ValueError(f"schedule expects {words} or None. Received: {schedule!r}")


def _whole(value: object, least: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _number(value: object) -> float:
    """The value, or what fails every comparison if it is no number."""
    return value if isinstance(value, int | float) else math.nan

"""Optimizers: each says what it keeps, how it is verified, and its update as one formula.

The formula is written over an array namespace `xp` that has `sqrt` and `expm1`: the float64
reference uses it, and so do frameworks whose arrays have them. Adapters of frameworks with
optimizers of their own choose these by type.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Literal, final

State = tuple[Any, ...]
"""What an optimizer keeps of one weight: an array of the weight's shape for each of its `slots`."""


@dataclass(frozen=True)
class Optimizer(ABC):
    """What every optimizer says of itself. Built-in ones are in `OPTIMIZERS`; no other is run."""

    lr: float
    flop_per_parameter: ClassVar[int]
    slots: ClassVar[tuple[str, ...]] = ()
    """Names of the arrays that it keeps of each weight. All are zero before the first step."""
    counts_steps: ClassVar[bool] = False
    """Whether its state holds the number of the step too."""
    checked_by: ClassVar[Literal["changes", "gradients"]]
    """What of the first step is compared with the reference: how each weight changed, or each
    gradient, as the state shows it. The second is for a change that hides the gradient's size."""

    @property
    def state_arrays(self) -> int:
        """Arrays of the size of the weights that it keeps."""
        return len(self.slots)

    def state_names(self, path: str) -> tuple[str, ...]:
        """The names under which a step returns what it keeps of a weight, as `slots` lists it."""
        return tuple(f"{path}|{slot}" for slot in self.slots)

    def factors(self, step: Any, xp: Any) -> State:
        """What all weights share in that step, counted from 1; worked out once in a step."""
        return ()

    @abstractmethod
    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        """A weight and what is kept of it after the step that these `factors` are for."""

    def apply(
        self,
        weights: Mapping[str, Any],
        gradients: Mapping[str, Any],
        kept: Any,
        step: Any,
        xp: Any,
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        """Every weight that has a gradient after this step, and what is `kept`, by its names."""
        factors = self.factors(step, xp)
        after: dict[str, Any] = {}
        keeps: dict[str, Any] = {}
        for path, gradient in gradients.items():
            names = self.state_names(path)
            state = tuple(kept[name] for name in names)
            after[path], state = self.update(weights[path], gradient, state, factors, xp)
            keeps |= zip(names, state, strict=True)
        return after, keeps


@final
@dataclass(frozen=True)
class SGD(Optimizer):
    """Plain stochastic gradient descent: w <- w - lr x gradient."""

    flop_per_parameter: ClassVar[int] = 2
    checked_by: ClassVar = "changes"

    def __post_init__(self) -> None:
        if not 0 < _number(self.lr) < math.inf:
            raise ValueError(f"SGD expects a finite lr above 0. Received: {self!r}")

    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        return weight - self.lr * gradient, ()


@dataclass(frozen=True)
class TwoMoments(Optimizer):
    """What Adam and those after it share: running means of the gradient and of its square.

    m <- beta1 m + (1 - beta1) gradient;  v <- beta2 v + (1 - beta2) gradient^2;
    change = lr x (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps), in step t.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    slots: ClassVar = ("first_moment", "second_moment")
    counts_steps: ClassVar = True
    checked_by: ClassVar = "gradients"

    def __post_init__(self) -> None:
        sizes = all(0 < _number(value) < math.inf for value in (self.lr, self.eps))
        if not (sizes and all(0 <= _number(beta) < 1 for beta in (self.beta1, self.beta2))):
            raise ValueError(
                f"{type(self).__name__} expects finite lr and eps above 0, beta1 and beta2 from 0 "
                f"to below 1. Received: {self!r}"
            )

    @abstractmethod
    def moved(self, weight: Any, change: Any) -> Any:
        """The weight after a step with that change."""

    def factors(self, step: Any, xp: Any) -> State:
        """lr / (1 - beta1^t) and 1 / sqrt(1 - beta2^t)."""
        rest1, rest2 = (_complement(beta, step, xp) for beta in (self.beta1, self.beta2))
        return self.lr / rest1, 1 / xp.sqrt(rest2)

    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        m, v = state
        m = self.beta1 * m + (1 - self.beta1) * gradient
        v = self.beta2 * v + (1 - self.beta2) * gradient * gradient
        return self.moved(weight, self.change((m, v), factors, xp)), (m, v)

    def change(self, state: State, factors: State, xp: Any) -> Any:
        """What the moments after a step take from the weight. Both corrections are numbers: so each
        element costs one division, as in the frameworks' own."""
        (m, v), (rate, spread) = state, factors
        return rate * m / (xp.sqrt(v) * spread + self.eps)


@final
@dataclass(frozen=True)
class Adam(TwoMoments):
    """Kingma and Ba, arXiv:1412.6980, algorithm 1: w <- w - change."""

    flop_per_parameter: ClassVar[int] = 12

    def moved(self, weight: Any, change: Any) -> Any:
        return weight - change


@final
@dataclass(frozen=True)
class AdamW(TwoMoments):
    """Loshchilov and Hutter, arXiv:1711.05101, with the decay scaled by lr as frameworks have it:

    w <- w - lr x weight_decay x w - change. Every learned weight decays, biases too.
    """

    weight_decay: float = 0.01
    flop_per_parameter: ClassVar[int] = 13

    def __post_init__(self) -> None:
        super().__post_init__()
        if not 0 <= _number(self.weight_decay) < math.inf:
            raise ValueError(f"AdamW expects a finite weight_decay from 0 on. Received: {self!r}")

    def moved(self, weight: Any, change: Any) -> Any:
        return (1 - self.lr * self.weight_decay) * weight - change


OPTIMIZERS: tuple[type[Optimizer], ...] = (SGD, Adam, AdamW)


def check_optimizer(optimizer: object) -> None:
    """Raises ValueError for what is none of them; also for a class derived from one, whose update
    nothing here knows."""
    if type(optimizer) not in OPTIMIZERS:
        *names, last = (f"{known.__name__}(...)" for known in OPTIMIZERS)
        raise ValueError(f"training expects {', '.join(names)} or {last}. Received: {optimizer!r}")


def _complement(beta: float, step: Any, xp: Any) -> Any:
    """1 - beta^step, which in float32 would lose its last digits."""
    return -xp.expm1(step * math.log(max(beta, 1e-30)))


def _number(value: object) -> float:
    """The value, or what fails every comparison if it is no number."""
    return value if isinstance(value, int | float) else math.nan

"""The optimizers: the update of each as one formula, with what it keeps and how it is verified."""

from __future__ import annotations

import math
from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, final

from suites.workload.schedules import check_schedule
from suites.workload.update_rule import Optimizer, State


@final
@dataclass(frozen=True)
class SGD(Optimizer):
    """w <- w - lr x g, where g = gradient + weight_decay x w.

    With momentum v <- momentum v + g, and v stands in the place of g; with nesterov
    g + momentum v does (Sutskever et al., ICML 2013, with the rate outside of v).
    """

    momentum: float = 0.0
    nesterov: bool = False
    weight_decay: float = 0.0
    checked_by: ClassVar = "changes"

    def __post_init__(self) -> None:
        check_schedule(self.schedule)
        if not 0 < _number(self.lr) < math.inf:
            raise ValueError(f"SGD expects a finite lr above 0. Received: {self!r}")
        if not (0 <= _number(self.momentum) < 1 and 0 <= _number(self.weight_decay) < math.inf):
            raise ValueError(
                f"SGD expects momentum from 0 to below 1 and a finite weight_decay from 0 on. "
                f"Received: {self!r}"
            )
        if self.nesterov not in (False, True) or (self.nesterov and not self.momentum):
            raise ValueError(f"SGD expects momentum above 0 with nesterov. Received: {self!r}")

    @property
    def flop_per_parameter(self) -> int:
        return 2 * (1 + bool(self.momentum) + bool(self.nesterov) + bool(self.weight_decay))

    @property
    def slots(self) -> tuple[str, ...]:
        return ("momentum",) if self.momentum else ()

    def taken(self, weight: Any, gradient: Any) -> Any:
        return _decayed(gradient, self.weight_decay, weight)

    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        gradient = self.taken(weight, gradient)
        state = tuple(self.momentum * v + gradient for v in state)
        return weight - factors[0] * self.direction(gradient, state), state

    def direction(self, taken: Any, state: State) -> Any:
        """What the rate is multiplied with, by what is kept after the step."""
        if not state:
            return taken
        return taken + self.momentum * state[0] if self.nesterov else state[0]


@final
@dataclass(frozen=True)
class RMSprop(Optimizer):
    """Hinton's (lecture 6e of 2012), with eps outside the root: v <- alpha v + (1 - alpha) g^2;
    w <- w - lr x g / (sqrt(v) + eps)."""

    alpha: float = 0.99
    eps: float = 1e-8
    checked_by: ClassVar = "gradients"
    shows_sums: ClassVar = False

    def __post_init__(self) -> None:
        check_schedule(self.schedule)
        sizes = all(0 < _number(value) < math.inf for value in (self.lr, self.eps))
        if not (sizes and 0 <= _number(self.alpha) < 1):
            raise ValueError(
                f"RMSprop expects finite lr and eps above 0, alpha from 0 to below 1. "
                f"Received: {self!r}"
            )

    @property
    def flop_per_parameter(self) -> int:
        return 9

    @property
    def slots(self) -> tuple[str, ...]:
        return ("square_average",)

    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        v = self.alpha * state[0] + (1 - self.alpha) * gradient * gradient
        return weight - factors[0] * gradient / (xp.sqrt(v) + self.eps), (v,)

    def shown(self, before: Any, after: Any, state: State, xp: Any) -> Any:
        size = xp.sqrt(xp.maximum(state[0], 0) / (1 - self.alpha))
        return xp.sign(before - after) * size


@dataclass(frozen=True)
class TwoMoments(Optimizer):
    """What Adam and those after it share: running means of the gradient and of its square.

    m <- beta1 m + (1 - beta1) g;  v <- beta2 v + (1 - beta2) g^2;
    change = lr x (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps), in step t.
    """

    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    checked_by: ClassVar = "gradients"

    def __post_init__(self) -> None:
        check_schedule(self.schedule)
        sizes = all(0 < _number(value) < math.inf for value in (self.lr, self.eps))
        if not (sizes and all(0 <= _number(beta) < 1 for beta in (self.beta1, self.beta2))):
            raise ValueError(
                f"{type(self).__name__} expects finite lr and eps above 0, beta1 and beta2 from 0 "
                f"to below 1. Received: {self!r}"
            )

    @property
    def slots(self) -> tuple[str, ...]:
        return ("first_moment", "second_moment")

    @property
    def counts_steps(self) -> bool:
        return True

    @abstractmethod
    def moved(self, weight: Any, change: Any, rate: Any) -> Any:
        """The weight after a step with that change, at that rate."""

    def factors(self, step: Any, xp: Any) -> State:
        """The rate, the same / (1 - beta1^t), and 1 / sqrt(1 - beta2^t)."""
        return self.factors_at(self.rate(step, xp), step, xp)

    def factors_at(self, rate: Any, step: Any, xp: Any) -> State:
        """The same at another rate."""
        rest1, rest2 = (_complement(beta, step, xp) for beta in (self.beta1, self.beta2))
        return rate, rate / rest1, 1 / xp.sqrt(rest2)

    def update(
        self, weight: Any, gradient: Any, state: State, factors: State, xp: Any
    ) -> tuple[Any, State]:
        m, v = state
        gradient = self.taken(weight, gradient)
        m = self.beta1 * m + (1 - self.beta1) * gradient
        v = self.beta2 * v + (1 - self.beta2) * gradient * gradient
        return self.moved(weight, self.change((m, v), factors, xp), factors[0]), (m, v)

    def change(self, state: State, factors: State, xp: Any) -> Any:
        """What the moments after a step take from the weight. Both corrections are numbers: so each
        element costs one division, as in the frameworks' own."""
        (m, v), (_, rate, spread) = state, factors
        return rate * m / (xp.sqrt(v) * spread + self.eps)

    @property
    def kept_share(self) -> float:
        return self.beta1

    def shown(self, before: Any, after: Any, state: State, xp: Any) -> Any:
        return state[0] / (1 - self.beta1)


@final
@dataclass(frozen=True)
class Adam(TwoMoments):
    """Kingma and Ba, arXiv:1412.6980, algorithm 1: w <- w - change, where
    g = gradient + weight_decay x w, as frameworks have it."""

    weight_decay: float = 0.0

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_decay(self, self.weight_decay)

    @property
    def flop_per_parameter(self) -> int:
        return 14 if self.weight_decay else 12

    def taken(self, weight: Any, gradient: Any) -> Any:
        return _decayed(gradient, self.weight_decay, weight)

    def moved(self, weight: Any, change: Any, rate: Any) -> Any:
        return weight - change


@final
@dataclass(frozen=True)
class AdamW(TwoMoments):
    """Loshchilov and Hutter, arXiv:1711.05101, with the decay scaled by lr as frameworks have it:

    w <- w - lr x weight_decay x w - change. Every learned weight decays, biases too.
    """

    weight_decay: float = 0.01

    def __post_init__(self) -> None:
        super().__post_init__()
        _check_decay(self, self.weight_decay)

    @property
    def flop_per_parameter(self) -> int:
        return 13

    def moved(self, weight: Any, change: Any, rate: Any) -> Any:
        return (1 - rate * self.weight_decay) * weight - change


OPTIMIZERS: tuple[type[Optimizer], ...] = (SGD, RMSprop, Adam, AdamW)


def check_optimizer(optimizer: object) -> None:
    """Raises ValueError for what is none of them; also for a class derived from one, whose update
    nothing here knows."""
    if type(optimizer) not in OPTIMIZERS:
        names = [known.__name__ for known in OPTIMIZERS]
        words = optimizer.__name__ if isinstance(optimizer, type) else optimizer
        asked = str(words).lower() if isinstance(words, str) else ""
        example = next((name for name in names if name.lower() == asked), "Adam")
        *others, last = (f"{name}(...)" for name in names)
        raise ValueError(
            f"training expects {', '.join(others)} or {last}. Received: {optimizer!r}. "
            f"Write optimizer={example}(lr=0.001)"
        )


def _decayed(gradient: Any, decay: float, weight: Any) -> Any:
    return gradient + decay * weight if decay else gradient


def _check_decay(optimizer: Optimizer, decay: object) -> None:
    if not 0 <= _number(decay) < math.inf:
        kind = type(optimizer).__name__
        raise ValueError(f"{kind} expects a finite weight_decay from 0 on. Received: {optimizer!r}")


def _complement(beta: float, step: Any, xp: Any) -> Any:
    """1 - beta^step, which in float32 would lose its last digits."""
    return -xp.expm1(step * math.log(max(beta, 1e-30)))


def _number(value: object) -> float:
    """The value, or what fails every comparison if it is no number."""
    return value if isinstance(value, int | float) else math.nan

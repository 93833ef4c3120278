"""Update rules, as formulas: what every framework's optimizer must do to the weights."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class SGD:
    """Plain stochastic gradient descent: w <- w - lr x gradient."""

    lr: float
    flop_per_parameter: ClassVar[int] = 2
    state_arrays: ClassVar[int] = 0
    """Arrays of the size of the weights that it keeps."""

    def __post_init__(self) -> None:
        if not 0 < _number(self.lr) < math.inf:
            raise ValueError(f"SGD expects a finite lr above 0. Received: {self!r}")


@dataclass(frozen=True)
class Adam:
    """Kingma and Ba, arXiv:1412.6980, algorithm 1; in step t, all element by element:

    m <- beta1 m + (1 - beta1) gradient;  v <- beta2 v + (1 - beta2) gradient^2;
    w <- w - lr x (m / (1 - beta1^t)) / (sqrt(v / (1 - beta2^t)) + eps).
    """

    lr: float
    beta1: float = 0.9
    beta2: float = 0.999
    eps: float = 1e-8
    flop_per_parameter: ClassVar[int] = 12
    state_arrays: ClassVar[int] = 2

    def __post_init__(self) -> None:
        sizes = all(0 < _number(value) < math.inf for value in (self.lr, self.eps))
        if not (sizes and all(0 <= _number(beta) < 1 for beta in (self.beta1, self.beta2))):
            raise ValueError(
                f"Adam expects finite lr and eps above 0, beta1 and beta2 from 0 to below 1. "
                f"Received: {self!r}"
            )

    @staticmethod
    def first_moment(path: str) -> str:
        """The name under which a step returns m of a weight."""
        return f"{path}|m"

    @staticmethod
    def second_moment(path: str) -> str:
        """The name under which a step returns v of a weight."""
        return f"{path}|v"


Optimizer = SGD | Adam


def _number(value: object) -> float:
    """The value, or what fails every comparison if it is no number."""
    return value if isinstance(value, int | float) else math.nan

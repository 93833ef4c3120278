"""Update rules, as formulas: what every framework's optimizer must do to the weights."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class SGD:
    """Plain stochastic gradient descent: w <- w - lr x gradient."""

    lr: float
    flop_per_parameter: ClassVar[int] = 2
    state_arrays: ClassVar[int] = 0
    """Arrays of the size of the weights that it keeps."""


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

    @staticmethod
    def first_moment(path: str) -> str:
        """The name under which a step returns m of a weight."""
        return f"{path}|m"

    @staticmethod
    def second_moment(path: str) -> str:
        """The name under which a step returns v of a weight."""
        return f"{path}|v"


Optimizer = SGD | Adam

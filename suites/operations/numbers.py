"""Operators that calculate: products, functions of every value, sums, attention, transforms."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace

from suites.errors import meant
from suites.layers import Shape
from suites.operations.operator import Operand, Operator, Result, require_axis, require_sizes

FUNCTIONS: Mapping[str, int] = {
    "add": 1,
    "multiply": 1,
    "relu": 1,
    "exp": 1,
    "tanh": 1,
    "sigmoid": 3,
    "gelu": 5,
}
"""What is done to every value, and the FLOP that are counted for it, as layers count them. `add`
and `multiply` take two arrays. `gelu` is x times the normal distribution function itself."""

OF_TWO = ("add", "multiply")

HOW: Mapping[str, int] = {"sum": 1, "mean": 1, "max": 1}
"""What values become together, and the FLOP for each of them."""

SOFTMAX_FLOP = 5
"""For each value: the largest taken away, exponential, sum, division, as in attention."""

POSITIVE = Operand((), center=1.0)
"""Values to be summed: of mean 1, so that a sum grows with every term."""


@dataclass(frozen=True)
class BatchedProduct(Operator):
    """left [..., m, k] @ right [..., k, n]; a right operand of two axes is shared by all steps, as
    the weights of a layer are. With `transposed` right is kept as [..., n, k]."""

    left: Shape
    right: Shape
    transposed: bool = False

    def __post_init__(self) -> None:
        require_sizes("BatchedProduct", self.left, 2)
        require_sizes("BatchedProduct", self.right, 2)
        rows, columns = self.right[-2:]
        inner = columns if self.transposed else rows
        if inner != self.left[-1] or self.right[:-2] not in ((), self.left[:-2]):
            raise ValueError(
                "BatchedProduct expects [..., m, k] and [..., k, n] with the same axes before, or "
                f"[k, n]{' (transposed: [n, k])' * self.transposed}. Received: {list(self.left)} "
                f"and {list(self.right)}"
            )

    @property
    def inputs(self) -> Mapping[str, Operand]:
        shared = len(self.right) == 2
        return {"left": Operand(self.left)} | ({} if shared else {"right": Operand(self.right)})

    @property
    def weights(self) -> Mapping[str, Operand]:
        return {"right": Operand(self.right)} if len(self.right) == 2 else {}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"product": Result((*self.left[:-1], self.right[-2 if self.transposed else -1]))}

    @property
    def flop(self) -> int:
        """2 for every multiplication and addition, as a matrix product has them."""
        return 2 * self.left[-1] * self.results["product"].values


@dataclass(frozen=True)
class Elementwise(Operator):
    """One of FUNCTIONS of every value."""

    function: str
    shape: Shape

    def __post_init__(self) -> None:
        _require_word("Elementwise", "function", self.function, FUNCTIONS)
        super().__post_init__()

    @property
    def inputs(self) -> Mapping[str, Operand]:
        names = ("x", "y") if self.function in OF_TWO else ("x",)
        return {name: Operand(self.shape) for name in names}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result(self.shape)}

    @property
    def flop(self) -> int:
        return FUNCTIONS[self.function] * math.prod(self.shape)


@dataclass(frozen=True)
class Reduce(Operator):
    """Sum, mean or largest value along an axis, or of all values where `axis` is None."""

    how: str
    shape: Shape
    axis: int | None = None

    def __post_init__(self) -> None:
        _require_word("Reduce", "how", self.how, HOW)
        require_sizes("Reduce", self.shape, 1)
        if self.axis is not None:
            require_axis("Reduce", self.shape, self.axis, 0)

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": replace(POSITIVE, shape=self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        axis = self.axis
        kept = () if axis is None else self.shape[:axis] + self.shape[axis + 1 :]
        return {"output": Result(kept, by_row=bool(axis))}

    @property
    def length(self) -> int:
        """Values that become one."""
        return math.prod(self.shape) if self.axis is None else self.shape[self.axis]

    @property
    def flop(self) -> int:
        return HOW[self.how] * math.prod(self.shape)


@dataclass(frozen=True)
class Softmax(Operator):
    """exp(x) over its sum along an axis from 1 on."""

    shape: Shape
    axis: int

    def __post_init__(self) -> None:
        require_sizes("Softmax", self.shape, 2)
        require_axis("Softmax", self.shape, self.axis, 1)

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand(self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result(self.shape)}

    @property
    def flop(self) -> int:
        return SOFTMAX_FLOP * math.prod(self.shape)


@dataclass(frozen=True)
class CumulativeSum(Operator):
    """Sums of all values up to each one, along an axis from 1 on."""

    shape: Shape
    axis: int

    def __post_init__(self) -> None:
        require_sizes("CumulativeSum", self.shape, 2)
        require_axis("CumulativeSum", self.shape, self.axis, 1)

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": replace(POSITIVE, shape=self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result(self.shape)}

    @property
    def flop(self) -> int:
        return math.prod(self.shape)


@dataclass(frozen=True)
class Fourier(Operator):
    """The discrete Fourier transform of real rows [..., n]: frequencies 0 to n / 2, their real and
    their imaginary parts."""

    shape: Shape

    @property
    def inputs(self) -> Mapping[str, Operand]:
        return {"x": Operand(self.shape)}

    @property
    def results(self) -> Mapping[str, Result]:
        found = Result((*self.shape[:-1], self.shape[-1] // 2 + 1))
        return {"real": found, "imaginary": found}

    def __post_init__(self) -> None:
        require_sizes("Fourier", self.shape, 2)

    @property
    def flop(self) -> int:
        """2.5 n log2 n of a row, by which rates of transforms are given (https://www.fftw.org/speed):
        half of that of complex values."""
        n = self.shape[-1]
        return int(2.5 * math.prod(self.shape) * math.log2(n))


@dataclass(frozen=True)
class Attention(Operator):
    """softmax(Q K^T / sqrt(width)) V in every head (arXiv:1706.03762), by the framework's own fused
    operation. Q is [batch, heads, queries, width], K and V [batch, heads, keys, width].

    `causal`: the last query sees all keys, each one before it one key less. `permuted`: the three
    lie in memory as [batch, places, heads, width] and are seen through a change of their axes, as
    models have them.
    """

    batch: int
    heads: int
    queries: int
    keys: int
    width: int
    causal: bool = False
    permuted: bool = False

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.causal and self.queries != self.keys:
            raise ValueError(
                "Attention expects as many queries as keys where it is causal. "
                f"Received: {self.queries} and {self.keys}"
            )

    @property
    def inputs(self) -> Mapping[str, Operand]:
        """As they lie in memory."""
        places = {"q": self.queries, "k": self.keys, "v": self.keys}
        return {name: Operand(self._lies(places[name])) for name in places}

    def _lies(self, places: int) -> Shape:
        middle = (places, self.heads) if self.permuted else (self.heads, places)
        return (self.batch, *middle, self.width)

    @property
    def results(self) -> Mapping[str, Result]:
        return {"output": Result((self.batch, self.heads, self.queries, self.width))}

    @property
    def flop(self) -> int:
        """Two products and a softmax, of the pairs that see each other."""
        pairs = self.queries * (self.keys + 1) // 2 if self.causal else self.queries * self.keys
        return self.batch * self.heads * pairs * (4 * self.width + SOFTMAX_FLOP)


def _require_word(kind: str, field: str, word: object, known: Mapping[str, object]) -> None:
    if word not in known:
        raise ValueError(
            f"{kind} expects {field} = one of {', '.join(known)}. Received: {word!r}."
            f"{meant(str(word), known)}"
        )

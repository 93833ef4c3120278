"""Recurrent layers over sequences [batch, sequence, inputs], and what makes one row of a sequence.

Their parameters are named, ordered and shaped as cuDNN's are: of every level and direction
`weight_ih` [gates x width, inputs], `weight_hh` [gates x width, width] and a bias for each. States
begin as zeros.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from suites.layers.tree import Layer, Parameter, Shape, ShapeError

MOST_LEVELS = 64
"""Recurrent layers on top of one another in one description."""


@dataclass(frozen=True)
class Recurrent(Layer):
    """The state after every place, as [batch, sequence, width]."""

    inputs: int
    width: int
    levels: int = 1
    """One on top of the other: each reads what the one below returned."""
    bidirectional: bool = False
    """Whether each level has a twin that begins at the last place. Their states are joined, the
    twin's behind: [batch, sequence, 2 x width]."""

    gates: ClassVar[int] = 1
    flop_per_state: ClassVar[int] = 1
    """Of each value of the state, products and biases excluded; a sigmoid counts 3."""
    kept_per_state: ClassVar[int] = 3
    """Values held for the backward pass: gates before and after their functions, and what they
    make. A GRU's are held before in two parts, of the input and of the state.

    That is between what implementations hold of a level (docs/validation.md). Of a GRU's values
    one that goes place by place holds 8: state, r, z, 1 - z, n, both parts of n and the result. A
    compiled loop holds 13: of each of r, z and n the value and the derivative, what the three have
    of the input, 1 - z, the state's part of n, the state, the result; of an LSTM's 17, by the same
    count."""

    def output_shape(self, shape: Shape) -> Shape:
        name = type(self).__name__
        if not 1 <= self.levels <= MOST_LEVELS:
            raise ShapeError(f"{name} expects 1 to {MOST_LEVELS} levels. Received: {self.levels}")
        if len(shape) != 3 or shape[-1] != self.inputs:
            raise ShapeError(
                f"{name} expects [batch, sequence, {self.inputs}]. Received: {list(shape)}"
            )
        return (*shape[:2], self.width * len(self.passes()[0]))

    def passes(self) -> list[list[str]]:
        """Of every level, the endings of the names of its directions' parameters."""
        ways = ("", "_reverse") if self.bidirectional else ("",)
        return [[f"_l{level}{way}" for way in ways] for level in range(self.levels)]

    def parameters(self) -> dict[str, Parameter]:
        rows, bound = self.gates * self.width, 1 / math.sqrt(self.width)
        described: dict[str, Parameter] = {}
        for level, endings in enumerate(self.passes()):
            read = self.width * len(endings) if level else self.inputs
            for ending in endings:
                described |= {
                    f"weight_ih{ending}": Parameter((rows, read), bound),
                    f"weight_hh{ending}": Parameter((rows, self.width), bound),
                    f"bias_ih{ending}": Parameter((rows,), bound),
                    f"bias_hh{ending}": Parameter((rows,), bound),
                }
        return described

    def flop(self, shape: Shape) -> int:
        """Two products and two biases of each gate, then the state."""
        endings = self.passes()[0]
        reads = self.inputs + (self.levels - 1) * self.width * len(endings)
        products = self.gates * self.width * (2 * (reads + self.levels * (self.width + 1)))
        states = self.levels * self.width * self.flop_per_state
        return math.prod(shape[:2]) * len(endings) * (products + states)

    def input_flop(self, shape: Shape) -> int:
        """The products of the first level, of every direction."""
        rows = self.gates * self.width * len(self.passes()[0])
        return 2 * math.prod(shape[:2]) * rows * self.inputs

    def kept(self, shape: Shape) -> int:
        """Elements held for the backward pass by all levels."""
        return math.prod(self.output_shape(shape)) * self.levels * self.kept_per_state

    def inner(self, shape: Shape) -> int:
        """Elements of all gates of a level: the largest array on the way."""
        return math.prod(self.output_shape(shape)) * self.gates

    def inner_gradients(self, shape: Shape) -> int:
        """Elements of the gradients of all gates of a level, twice: a loop gathers them place by
        place, and the product for the weights takes them joined."""
        return 2 * self.inner(shape)


@dataclass(frozen=True)
class LSTM(Recurrent):
    """c' = f * c + i * g, h' = o * tanh(c') (Hochreiter and Schmidhuber, 1997; Gers et al., 2000).

    i, f and o are sigmoids and g a tanh of W_ih x + b_ih + W_hh h + b_hh, rows in the order i, f,
    g, o, as cuDNN and Keras have them too.
    """

    gates: ClassVar[int] = 4
    flop_per_state: ClassVar[int] = 15
    kept_per_state: ClassVar[int] = 11


@dataclass(frozen=True)
class GRU(Recurrent):
    """h' = (1 - z) * n + z * h, rows in the order r, z, n (Keras has z before r).

    r and z are sigmoids of W_ih x + b_ih + W_hh h + b_hh, and n = tanh(W_in x + b_in +
    r * (W_hn h + b_hn)): the state is reset after its product, as by cuDNN. The form first
    published (Cho et al., arXiv:1406.1078) resets before it, W_hn (r * h), which is another
    function with the same weights; no fused kernel has it.
    """

    gates: ClassVar[int] = 3
    flop_per_state: ClassVar[int] = 12
    kept_per_state: ClassVar[int] = 10


@dataclass(frozen=True)
class RNN(Recurrent):
    """h' = tanh(W_ih x + b_ih + W_hh h + b_hh) (Elman, 1990)."""


@dataclass(frozen=True)
class SequenceMean(Layer):
    """[batch, sequence, width] becomes [batch, width]: the mean over all places."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 3:
            raise ShapeError(
                f"SequenceMean expects [batch, sequence, width]. Received: {list(shape)}"
            )
        return (shape[0], shape[2])

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)

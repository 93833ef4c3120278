"""Layers of recommenders, over rows of tokens [batch, columns]: bags, counts, their interaction."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.tree import Layer, Parameter, Shape, ShapeError

MODES = ("sum", "mean")


def _columns(layer: Layer, first: int, count: int, shape: Shape) -> int:
    """How many columns are read: `count`, or with 0 all from `first` on."""
    read = count or (shape[-1] - first)
    if len(shape) != 2 or first < 0 or count < 0 or read < 1 or first + read > shape[1]:
        name, columns = type(layer).__name__, f"columns {first} to {first + read - 1}"
        raise ShapeError(f"{name} expects [batch, columns] with {columns}. Received: {list(shape)}")
    return read


@dataclass(frozen=True)
class EmbeddingBag(Layer):
    """The sum or mean of the rows of the weight [tokens, width] that a bag of tokens names.

    [batch, columns] becomes [batch, width]. A bag is `count` columns from `first` on, or with 0 all
    of them from there.
    """

    tokens: int
    width: int
    mode: str = "sum"
    first: int = 0
    count: int = 0

    def output_shape(self, shape: Shape) -> Shape:
        if self.mode not in MODES:
            words = " or ".join(MODES)
            raise ShapeError(f"EmbeddingBag expects mode {words}. Received: {self.mode!r}")
        return (self.read(shape)[0], self.width)

    def read(self, shape: Shape) -> Shape:
        """The shape of all bags."""
        return (shape[0], _columns(self, self.first, self.count, shape))

    def columns(self, shape: Shape) -> slice:
        """Where the bag of a row is."""
        return slice(self.first, self.first + self.read(shape)[1])

    def parameters(self) -> dict[str, Parameter]:
        # As Naumov et al., arXiv:1906.00091, draw them.
        return {"weight": Parameter((self.tokens, self.width), 1 / math.sqrt(self.tokens))}

    def flop(self, shape: Shape) -> int:
        """A sum over each bag, and for a mean a quotient."""
        batch, read = self.read(shape)
        return batch * self.width * (read - 1 + (self.mode == "mean"))


@dataclass(frozen=True)
class Counts(Layer):
    """y = log(1 + n) W^T + b with W of shape [outputs, count]: counts among a row's tokens.

    n are `count` columns from `first` on, whose tokens say how often something was seen.
    """

    count: int
    outputs: int
    first: int = 0

    def output_shape(self, shape: Shape) -> Shape:
        if self.count < 1:
            raise ShapeError(f"Counts expects a count above 0. Received: {self.count}")
        _columns(self, self.first, self.count, shape)
        return (shape[0], self.outputs)

    def columns(self) -> slice:
        """Those that are counts."""
        return slice(self.first, self.first + self.count)

    def parameters(self) -> dict[str, Parameter]:
        bound = 1 / math.sqrt(self.count)
        weight = Parameter((self.outputs, self.count), bound)
        return {"weight": weight, "bias": Parameter((self.outputs,), bound)}

    def flop(self, shape: Shape) -> int:
        """A sum and a logarithm for each count, then the product and its bias."""
        return shape[0] * (2 * self.count + self.outputs * (2 * self.count + 1))


@dataclass(frozen=True)
class Interaction(Layer):
    """[batch, n x width] is n vectors a row; the first of them, then the inner products of all
    pairs (i, j), i > j, i by i (Naumov et al., arXiv:1906.00091): [batch, width + n (n - 1) / 2].
    """

    width: int

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2 or self.width < 1 or shape[1] % self.width or shape[1] == self.width:
            raise ShapeError(
                f"Interaction expects [batch, n x {self.width}] with n of 2 at least. "
                f"Received: {list(shape)}"
            )
        vectors = shape[1] // self.width
        return (shape[0], self.width + vectors * (vectors - 1) // 2)

    def flop(self, shape: Shape) -> int:
        """Of each pair one product and sum; products of the pairs left out are not counted."""
        pairs = self.output_shape(shape)[1] - self.width
        return shape[0] * pairs * 2 * self.width

    def inner(self, shape: Shape) -> int:
        """Elements made on the way: the products of all with all, and those of the pairs."""
        batch, width = self.output_shape(shape)
        return batch * ((shape[1] // self.width) ** 2 + width - self.width)

    def pairs(self, shape: Shape) -> list[int]:
        """Where the pairs stand among all n x n products."""
        vectors = shape[1] // self.width
        return [i * vectors + j for i in range(vectors) for j in range(i)]

"""Attention over sequences [batch, sequence, width]: among their own places, or to another's."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass

from suites.layers.sequence import sequence
from suites.layers.tree import Layer, Parameter, Shape, ShapeError, below, walk


@dataclass(frozen=True)
class SelfAttention(Layer):
    """softmax(Q K^T / sqrt(width / heads)) V in every head, then a projection (arXiv:1706.03762).

    `in_weight` holds the rows of Q [width], K and V [kv_heads x width / heads] one after the other.
    Each head of K and V is shared by heads / kv_heads neighbours of Q (arXiv:2305.13245).
    """

    width: int
    heads: int
    kv_heads: int | None = None
    """Heads of keys and values; None: as many as there are."""
    causal: bool = False
    """Whether a place sees only itself and those before it."""
    window: int | None = None
    """Places that are so many or more apart do not see each other (arXiv:2310.06825)."""
    rotary: float | None = None
    """The base by whose powers the halves of Q and K are turned (arXiv:2104.09864): element i and
    i + size / 2 of a head at place p by p base^(-2 i / size) radians."""
    bias: bool = True

    @property
    def size(self) -> int:
        """Width of a head."""
        return self.width // self.heads

    @property
    def key_heads(self) -> int:
        return self.heads if self.kv_heads is None else self.kv_heads

    @property
    def rows(self) -> tuple[int, int, int]:
        """How many rows of `in_weight` are Q's, K's and V's."""
        return (self.width, self.key_heads * self.size, self.key_heads * self.size)

    def output_shape(self, shape: Shape) -> Shape:
        _require_heads(self)
        if not _is_count(self.key_heads) or self.heads % self.key_heads:
            raise ShapeError(
                f"SelfAttention expects kv_heads that divide its {self.heads} heads. "
                f"Received: {self.kv_heads!r}"
            )
        if self.window is not None and not _is_count(self.window):
            raise ShapeError(f"SelfAttention expects a window above 0. Received: {self.window!r}")
        if self.rotary is not None:
            _require_rotary(self.rotary, self.size)
        return sequence("SelfAttention", self.width, shape)

    def parameters(self) -> dict[str, Parameter]:
        width, rows = self.width, sum(self.rows)
        inner = math.sqrt(6 / (width + rows))  # Glorot and Bengio (2010), equation 16
        return _projection("in", (rows, width), inner, self.bias) | _projection(
            "out", (width, width), 1 / math.sqrt(width), self.bias
        )

    def seen(self, places: int) -> int:
        """How many pairs of places see each other."""
        reach = places if self.window is None else min(self.window, places)
        before = reach * (reach + 1) // 2 + (places - reach) * reach
        return before if self.causal else 2 * before - places

    def flop(self, shape: Shape) -> int:
        """The projections with their biases, three for each element that is turned, and for each
        pair of places two products of heads and the softmax (5 each)."""
        batch, places, width = shape
        rows = sum(self.rows)
        inner = rows * (2 * width + self.bias) + width * (2 * width + self.bias)
        turned = 0 if self.rotary is None else 3 * (self.rows[0] + self.rows[1])
        pairs = self.seen(places) * (4 * width + 5 * self.heads)
        return batch * (places * (inner + turned) + pairs)

    def input_flop(self, shape: Shape) -> int:
        """Of the projections to Q, K and V."""
        return 2 * math.prod(shape) * sum(self.rows)


@dataclass(frozen=True)
class CrossAttention(Layer):
    """Attention of every place to those of context(x), whose places are as wide.

    `in_weight` [3 x width, width] holds the rows of Q, which are applied to x, and of K and V,
    which are applied to context(x).
    """

    width: int
    heads: int
    context: Layer

    @property
    def size(self) -> int:
        """Width of a head."""
        return self.width // self.heads

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        yield "context", self.context, shape

    def output_shape(self, shape: Shape) -> Shape:
        _require_heads(self)
        self._context(shape)
        return sequence("CrossAttention", self.width, shape)

    def _context(self, shape: Shape) -> Shape:
        """The shape of what is attended to."""
        out = below("context", self.context, shape)
        if len(out) != 3 or (out[0], out[2]) != (shape[0], self.width):
            raise ShapeError(
                f"CrossAttention expects a context of [{shape[0]}, places, {self.width}]. "
                f"Got: {list(out)}"
            )
        return out

    def parameters(self) -> dict[str, Parameter]:
        width = self.width
        inner = math.sqrt(6 / (width + 3 * width))
        return _projection("in", (3 * width, width), inner, True) | _projection(
            "out", (width, width), 1 / math.sqrt(width), True
        )

    def flop(self, shape: Shape) -> int:
        """As of SelfAttention."""
        batch, places, width = shape
        others = self._context(shape)[1]
        projections = (2 * places + 2 * others) * width * (2 * width + 1)
        return batch * (projections + places * others * (4 * width + 5 * self.heads))

    def input_flop(self, shape: Shape) -> int:
        """Of the projection to Q, and of those to K and V where the context does not learn."""
        learns = any(node.layer.parameters() for node in walk(self.context, shape))
        others = 0 if learns else self._context(shape)[1]
        return 2 * shape[0] * self.width**2 * (shape[1] + 2 * others)


def _projection(name: str, shape: Shape, bound: float, bias: bool) -> dict[str, Parameter]:
    weight = {f"{name}_weight": Parameter(shape, bound)}
    outer = 1 / math.sqrt(shape[1])
    return weight | ({f"{name}_bias": Parameter(shape[:1], outer)} if bias else {})


def _require_heads(layer: SelfAttention | CrossAttention) -> None:
    if layer.heads < 1 or layer.width % layer.heads:
        raise ShapeError(
            f"{type(layer).__name__} expects heads that divide its width {layer.width}. "
            f"Received: {layer.heads} heads"
        )


def _require_rotary(base: float, size: int) -> None:
    number = isinstance(base, int | float) and not isinstance(base, bool)
    if not number or not 1 < base < math.inf:
        raise ShapeError(f"SelfAttention expects a finite rotary above 1. Received: {base!r}")
    if size % 2:
        raise ShapeError(f"SelfAttention turns heads of an even width. Received: {size}")


def _is_count(number: object) -> bool:
    return isinstance(number, int) and number > 0

"""Writing tokens one after the other: each depends on the one before."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from suites.layers import (
    Dropout,
    Embedding,
    Layer,
    LayerNorm,
    Linear,
    Node,
    Positions,
    Residual,
    RMSNorm,
    Segment,
    SelfAttention,
    Sequential,
    Shape,
    ShapeError,
    SwiGLU,
    TiedHead,
    check,
    cost,
    vocabulary,
    walk,
)
from suites.layers.elementwise import Elementwise
from suites.workload.steps import ITEMSIZE, Forward

BY_PLACE = (
    *(Sequential, Residual, Embedding, Positions, Segment, Linear, TiedHead),
    *(LayerNorm, RMSNorm, SwiGLU, SelfAttention, Elementwise, Dropout),
)
"""Layers that treat every place alone, and attention, which must be causal."""


@dataclass(frozen=True, kw_only=True)
class Decode:
    """From a first token on, the logits of what follows, of which the largest is the next token,
    `steps` times for each sample of a batch. Keys and values of earlier places are kept.

    Raises ShapeError for a model that does not give [batch, places, vocabulary] place by place.
    """

    suite: str
    name: str
    model: Layer
    steps: int
    batch: int = 1

    inputs: ClassVar[str] = "device"

    def __post_init__(self) -> None:
        check(self.model, (self.batch, self.steps))
        tokens = vocabulary(self.model, self.input_shape)
        shape = (self.batch, self.steps)
        expected = [*shape, tokens]
        if tokens is None or list(self.model.output_shape(shape)) != expected:
            raise ShapeError(
                f"decoding expects a model that returns {expected} for tokens {list(shape)}. "
                f"Got: {list(self.model.output_shape(shape))}"
            )
        for node in walk(self.model, shape):
            if not isinstance(node.layer, BY_PLACE) or _looks_ahead(node.layer):
                raise ShapeError(
                    "decoding expects causal attention, and other layers that treat every place "
                    f"alone. Received: {node.layer!r}",
                    node.path,
                )

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        return self.steps

    @property
    def input_shape(self) -> Shape:
        """Of the first tokens."""
        return (self.batch, 1)

    @property
    def at_once(self) -> Forward:
        """The same logits, where all tokens are known beforehand."""
        shape = (self.batch, self.steps)
        return Forward(suite=self.suite, name=self.name, model=self.model, input_shape=shape)

    @property
    def flop(self) -> int:
        """As of reading as many tokens at once: each attends to those before it."""
        return cost.forward_flop(self.model, (self.batch, self.steps))

    def traffic_bytes(self, precision: str) -> int:
        """Compulsory traffic: all weights in every step (of an embedding a row for each sample),
        keys and values of the places seen, and what each layer reads and makes."""
        nodes = walk(self.model, (self.batch, self.steps))
        return ITEMSIZE[precision] * sum(self._values(node) for node in nodes)

    def _values(self, node: Node) -> int:
        layer, moved = node.layer, math.prod(node.input) + math.prod(node.output)
        weights = sum(math.prod(one.shape) for one in layer.parameters().values())
        match layer:
            case Sequential():
                return 0
            case Embedding() | Positions() | Segment():
                return 2 * math.prod(node.output)
            case TiedHead():
                weights = layer.tokens * layer.width
            case SelfAttention():
                moved += 2 * self.batch * layer.seen(self.steps) * layer.rows[1]
        return self.steps * weights + moved

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: that of reading at once, keys and values, logits twice."""
        shape = (self.batch, self.steps)
        nodes = walk(self.model, shape)
        rows = sum(2 * n.layer.rows[1] for n in nodes if isinstance(n.layer, SelfAttention))
        held = ITEMSIZE[precision] * math.prod(shape) * rows + 2 * self.output_bytes
        return cost.forward_peak_bytes(self.model, self.input_shape, ITEMSIZE[precision]) + held

    @property
    def output_bytes(self) -> int:
        """Logits and tokens."""
        tokens = self.model.output_shape(self.input_shape)[-1]
        return 4 * self.batch * self.steps * (tokens + 1)


def _looks_ahead(layer: Layer) -> bool:
    return isinstance(layer, SelfAttention) and not layer.causal

"""Layers over one axis: Linear, SwiGLU, norms, Embedding and the head tied to it, Softmax; and
Flatten, which makes one."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers.tree import Layer, Parameter, Shape, ShapeError

AFFINE_BOUND = 0.1
"""Spread of a normalisation's scale around 1 and of its shift around 0: enough to be seen."""


@dataclass(frozen=True)
class Linear(Layer):
    """y = x W^T + b with W of shape [outputs, inputs]."""

    inputs: int
    outputs: int
    bias: bool = True

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[-1] != self.inputs:
            raise ShapeError(f"Linear expects [..., {self.inputs}]. Received: {list(shape)}")
        return (*shape[:-1], self.outputs)

    def parameters(self) -> dict[str, Parameter]:
        bound = 1 / math.sqrt(self.inputs)  # LeCun et al., Efficient BackProp (1998), section 4.6
        weight = {"weight": Parameter((self.outputs, self.inputs), bound)}
        return weight | ({"bias": Parameter((self.outputs,), bound)} if self.bias else {})

    def flop(self, shape: Shape) -> int:
        rows = math.prod(shape[:-1])
        return rows * self.outputs * (2 * self.inputs + self.bias)


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes after the batch become one, in channels-first order."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ShapeError(f"Flatten expects [batch, ...]. Received: {list(shape)}")
        return (shape[0], math.prod(shape[1:]))


@dataclass(frozen=True)
class LayerNorm(Layer):
    """(x - mean) / sqrt(variance + eps) * weight + bias over the last axis (arXiv:1607.06450)."""

    width: int
    eps: float = 1e-5

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[-1] != self.width:
            raise ShapeError(f"LayerNorm expects [..., {self.width}]. Received: {list(shape)}")
        if not 0 <= self.eps < math.inf:
            raise ShapeError(f"LayerNorm expects eps >= 0. Received: eps {self.eps}")
        return shape

    def parameters(self) -> dict[str, Parameter]:
        return {
            "weight": Parameter((self.width,), AFFINE_BOUND, center=1.0),
            "bias": Parameter((self.width,), AFFINE_BOUND),
        }

    def flop(self, shape: Shape) -> int:
        """For each element: two sums, a difference, a square, a quotient, scale and shift."""
        return 7 * math.prod(shape)


@dataclass(frozen=True)
class RMSNorm(Layer):
    """x / sqrt(mean(x^2) + eps) * weight over the last axis (arXiv:1910.07467)."""

    width: int
    eps: float = 1e-5

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[-1] != self.width:
            raise ShapeError(f"RMSNorm expects [..., {self.width}]. Received: {list(shape)}")
        if not 0 <= self.eps < math.inf:
            raise ShapeError(f"RMSNorm expects eps >= 0. Received: eps {self.eps}")
        return shape

    def parameters(self) -> dict[str, Parameter]:
        return {"weight": Parameter((self.width,), AFFINE_BOUND, center=1.0)}

    def flop(self, shape: Shape) -> int:
        """For each element: a square, a sum, a quotient, the scale."""
        return 4 * math.prod(shape)


@dataclass(frozen=True)
class SwiGLU(Layer):
    """(silu(x G^T) * (x U^T)) D^T: weights `gate` G and `up` U [hidden, width], `down` D [width,
    hidden] (arXiv:2002.05202)."""

    width: int
    hidden: int

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2 or shape[-1] != self.width:
            raise ShapeError(f"SwiGLU expects [..., {self.width}]. Received: {list(shape)}")
        return shape

    def parameters(self) -> dict[str, Parameter]:
        wide, narrow = 1 / math.sqrt(self.width), 1 / math.sqrt(self.hidden)
        return {
            "gate": Parameter((self.hidden, self.width), wide),
            "up": Parameter((self.hidden, self.width), wide),
            "down": Parameter((self.width, self.hidden), narrow),
        }

    def flop(self, shape: Shape) -> int:
        """Three products, SiLU (4 for each element) and the product with it."""
        return math.prod(shape[:-1]) * self.hidden * (6 * self.width + 5)

    def input_flop(self, shape: Shape) -> int:
        """Of the two products that read it."""
        return math.prod(shape[:-1]) * self.hidden * 4 * self.width


@dataclass(frozen=True)
class Embedding(Layer):
    """Row `token` of the weight [tokens, width] for every token of [batch, sequence]."""

    tokens: int
    width: int

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) != 2:
            raise ShapeError(f"Embedding expects [batch, sequence]. Received: {list(shape)}")
        return (*shape, self.width)

    def parameters(self) -> dict[str, Parameter]:
        # Devlin et al., arXiv:1810.04805, draw them with standard deviation 0.02.
        return {"weight": Parameter((self.tokens, self.width), 0.02 * math.sqrt(3))}


@dataclass(frozen=True)
class TiedHead(Layer):
    """y = x E^T, E being the weight [tokens, width] of the Embedding at path `of`, which it shares
    (Press and Wolf, arXiv:1608.05859)."""

    of: str
    tokens: int
    width: int

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) not in (2, 3) or shape[-1] != self.width:
            raise ShapeError(
                f"TiedHead expects [batch, {self.width}] or [batch, sequence, {self.width}]. "
                f"Received: {list(shape)}"
            )
        return (*shape[:-1], self.tokens)

    def flop(self, shape: Shape) -> int:
        return math.prod(shape) * 2 * self.tokens


@dataclass(frozen=True)
class Softmax(Layer):
    """exp(x) over its sum along an axis, which is not the batch."""

    axis: int = -1

    def output_shape(self, shape: Shape) -> Shape:
        if not (0 < self.axis < len(shape) or -len(shape) < self.axis < 0):
            raise ShapeError(
                f"Softmax expects an axis that is not the batch. "
                f"Received: axis {self.axis} of {list(shape)}"
            )
        return shape

    def flop(self, shape: Shape) -> int:
        """For each element, as in attention: the largest, a difference, exp, a sum, a quotient."""
        return 5 * math.prod(shape)

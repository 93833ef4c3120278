"""Layer descriptions: what a model is made of, with shapes, parameters and cost derived from them.

Shapes hold the batch first and, for images, channels next, whatever a framework prefers.
A multiply-add counts as two FLOP, as in the roofline literature (Williams et al., CACM 2009).
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer cannot take the shape it is given: names the layer's path and both shapes."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.problem, self.path = problem, path


@dataclass(frozen=True)
class Parameter:
    """A learned array: initial values are uniform in [-bound, bound)."""

    shape: Shape
    bound: float


class Layer(ABC):
    """One description. Composites yield their children from `flow`; leaves do not override it."""

    @abstractmethod
    def output_shape(self, shape: Shape) -> Shape:
        """The shape that comes out. Raises ShapeError when `shape` does not fit."""

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        """Children as (name, layer, the shape each receives)."""
        return iter(())

    def parameters(self) -> dict[str, Parameter]:
        """The layer's own parameters by name, children's excluded."""
        return {}

    def flop(self, shape: Shape) -> int:
        """FLOP of the layer's own forward pass, children's excluded."""
        return 0

    def contraction(self) -> int:
        """Length of the sums the layer forms: what its rounding error grows with (0: no sum)."""
        return 0


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

    def contraction(self) -> int:
        return self.inputs


@dataclass(frozen=True)
class ReLU(Layer):
    """max(x, 0), element by element."""

    def output_shape(self, shape: Shape) -> Shape:
        return shape

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


@dataclass(frozen=True)
class Flatten(Layer):
    """All axes after the batch become one, in channels-first order."""

    def output_shape(self, shape: Shape) -> Shape:
        if len(shape) < 2:
            raise ShapeError(f"Flatten expects [batch, ...]. Received: {list(shape)}")
        return (shape[0], math.prod(shape[1:]))


class Sequential(Layer):
    """Layers one after the other, named by position or by keyword."""

    def __init__(self, *layers: Layer, **named: Layer) -> None:
        numbered = {str(i): layer for i, layer in enumerate(layers)}
        self.children: tuple[tuple[str, Layer], ...] = tuple((numbered | named).items())

    def __repr__(self) -> str:
        return f"Sequential({', '.join(f'{name}={layer!r}' for name, layer in self.children)})"

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        for name, layer in self.children:
            yield name, layer, shape
            shape = _below(name, layer, shape)

    def output_shape(self, shape: Shape) -> Shape:
        for name, layer in self.children:
            shape = _below(name, layer, shape)
        return shape


@dataclass(frozen=True)
class Residual(Layer):
    """x + body(x)."""

    body: Layer

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        yield "body", self.body, shape

    def output_shape(self, shape: Shape) -> Shape:
        out = _below("body", self.body, shape)
        if out != shape:
            raise ShapeError(f"Residual expects a body returning {list(shape)}. Got: {list(out)}")
        return out

    def flop(self, shape: Shape) -> int:
        return math.prod(shape)


@dataclass(frozen=True)
class Node:
    """A layer at its place in a model: dotted path, shape in, shape out."""

    path: str
    layer: Layer
    input: Shape
    output: Shape


def walk(model: Layer, shape: Shape, path: str = "") -> Iterator[Node]:
    """Every layer of the tree in order of execution, composites before their children."""
    yield Node(path, model, shape, model.output_shape(shape))
    for name, child, received in model.flow(shape):
        yield from walk(child, received, join(path, name))


def join(path: str, name: str) -> str:
    """A dotted path; the root's own is empty."""
    return ".".join(part for part in (path, name) if part)


def parameters(model: Layer, shape: Shape) -> dict[str, Parameter]:
    """Every parameter of the model by dotted path, as in `body.0.weight`."""
    return {
        join(node.path, name): parameter
        for node in walk(model, shape)
        for name, parameter in node.layer.parameters().items()
    }


def _below(name: str, layer: Layer, shape: Shape) -> Shape:
    """The child's output shape, with the child's name put before a message about it."""
    try:
        return layer.output_shape(shape)
    except ShapeError as error:
        raise ShapeError(error.problem, join(name, error.path)) from None

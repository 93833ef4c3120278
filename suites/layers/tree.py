"""The tree: what a layer says of itself, the layers made of layers, and the walk through them."""

from __future__ import annotations

import functools
import math
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import Field, dataclass, fields, is_dataclass
from typing import Any

Shape = tuple[int, ...]


class ShapeError(ValueError):
    """A layer cannot be, or not take the shape it is given: names its path and both shapes."""

    def __init__(self, problem: str, path: str = "") -> None:
        super().__init__(f"{path}: {problem}" if path else problem)
        self.problem, self.path = problem, path


@dataclass(frozen=True)
class Parameter:
    """An array of a layer: initial values are uniform in [center - bound, center + bound)."""

    shape: Shape
    bound: float
    center: float = 0.0
    learned: bool = True
    """False for running averages: a training step updates them, but not by a gradient."""


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

    def input_flop(self, shape: Shape) -> int:
        """Those of them that training takes backward once alone where nothing before the layer
        learns: products that read its input. Of a single product all."""
        return self.flop(shape)


class _Named(Layer):
    """Children named by position or by keyword. Raises ValueError for names that could collide."""

    def __init__(self, *layers: Layer, **named: Layer) -> None:
        numbered = {str(i): layer for i, layer in enumerate(layers)}
        wrong = [name for name in named if name in numbered or not name or {".", "|"} & set(name)]
        if wrong:
            raise ValueError(
                f"{type(self).__name__} expects names of their own without `.` and `|`. "
                f"Received: {', '.join(wrong)}"
            )
        self.children: tuple[tuple[str, Layer], ...] = tuple((numbered | named).items())

    def __repr__(self) -> str:
        inside = ", ".join(f"{name}={layer!r}" for name, layer in self.children)
        return f"{type(self).__name__}({inside})"


class Sequential(_Named):
    """Layers one after the other."""

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        for name, layer in self.children:
            yield name, layer, shape
            shape = below(name, layer, shape)

    def output_shape(self, shape: Shape) -> Shape:
        for name, layer in self.children:
            shape = below(name, layer, shape)
        return shape


class Concat(_Named):
    """Every branch gets the input; their outputs are joined along the channels (axis 1)."""

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        for name, layer in self.children:
            yield name, layer, shape

    def output_shape(self, shape: Shape) -> Shape:
        shapes = [below(name, layer, shape) for name, layer in self.children]
        if not shapes or len({(len(s), s[:1], s[2:]) for s in shapes}) != 1 or len(shapes[0]) < 2:
            raise ShapeError(
                f"Concat expects branches that differ in their channels (axis 1) alone. "
                f"Received: {[list(s) for s in shapes]}"
            )
        return (shapes[0][0], sum(s[1] for s in shapes), *shapes[0][2:])


@dataclass(frozen=True)
class Residual(Layer):
    """x + body(x), or shortcut(x) + body(x) where the body changes the shape."""

    body: Layer
    shortcut: Layer | None = None

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        yield "body", self.body, shape
        if self.shortcut is not None:
            yield "shortcut", self.shortcut, shape

    def output_shape(self, shape: Shape) -> Shape:
        out = below("body", self.body, shape)
        beside = shape if self.shortcut is None else below("shortcut", self.shortcut, shape)
        if out != beside:
            raise ShapeError(f"Residual expects a body returning {list(beside)}. Got: {list(out)}")
        return out

    def flop(self, shape: Shape) -> int:
        return math.prod(self.output_shape(shape))


@dataclass(frozen=True)
class Gated(Layer):
    """x * body(x): a body that returns [batch, channels, 1, 1] scales whole channels."""

    body: Layer

    def flow(self, shape: Shape) -> Iterator[tuple[str, Layer, Shape]]:
        yield "body", self.body, shape

    def output_shape(self, shape: Shape) -> Shape:
        out = below("body", self.body, shape)
        if len(out) != len(shape) or any(o not in (1, s) for o, s in zip(out, shape, strict=True)):
            raise ShapeError(
                f"Gated expects a body whose result stretches to {list(shape)}. Got: {list(out)}"
            )
        return shape

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


def below(name: str, layer: Layer, shape: Shape) -> Shape:
    """The child's output shape, with the child's name put before a message about it."""
    try:
        _require_described(layer)
        return layer.output_shape(shape)
    except ShapeError as error:
        raise ShapeError(error.problem, join(name, error.path)) from None


def _require_described(layer: Any) -> None:
    """Raises ShapeError unless it is a layer, its numbers are numbers and its flags flags."""
    if not isinstance(layer, Layer):
        received = repr(layer)
        if isinstance(layer, type):
            received = f"the class itself. Write {layer.__name__}(...)"
        elif isinstance(layer, list | tuple):
            received = f"a {type(layer).__name__} of them. Write Sequential(*layers)"
        raise ShapeError(f"a model expects a layer at every place. Received: {received}")
    for name, types, words in _plain(type(layer)):
        if not isinstance(value := getattr(layer, name), types):
            kind = type(layer).__name__
            raise ShapeError(f"{kind} expects {words} as {name}. Received: {value!r}")


_PLAIN: dict[Any, tuple[tuple[type, ...], str]] = {
    "int": ((int,), "a whole number"),
    "float": ((int, float), "a number"),
    "bool": ((bool,), "True or False"),
}
"""Types of a layer's fields, by how they are written."""


@functools.cache
def _plain(kind: Any) -> tuple[tuple[str, tuple[type, ...], str], ...]:
    """The fields of a kind of layer that hold numbers and flags: name, types and words for them."""
    described: tuple[Field[Any], ...] = fields(kind) if is_dataclass(kind) else ()
    return tuple((f.name, *_PLAIN[f.type]) for f in described if f.type in _PLAIN)

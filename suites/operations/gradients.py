"""The backward pass of a layer, as an operation of its own."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from suites.layers import (
    Layer,
    Shape,
    ShapeError,
    check,
    masks,
    parameters,
    vocabulary,
    walk,
)
from suites.operations.operator import Operand, Operator, Result

GRADIENT = "gradient "
"""Before the name of what it is the gradient of."""


@dataclass(frozen=True)
class Backward(Operator):
    """A layer's output for `x`, and the gradients of the sum of output times `upstream`: of `x`,
    unless it holds tokens, and of every weight. Running averages are no result."""

    layer: Layer
    shape: Shape

    def __post_init__(self) -> None:
        check(self.layer, self.shape)
        if masks(self.layer, self.shape):
            raise ValueError("Backward expects a layer that drops nothing. Got: active dropout")
        if not self.wanted:
            raise ShapeError("Backward expects a layer that has a gradient", "")

    @property
    def inputs(self) -> Mapping[str, Operand]:
        output = self.layer.output_shape(self.shape)
        if output[0] != self.shape[0]:
            raise ShapeError(f"Backward expects a layer that keeps samples apart. Got: {output}")
        tokens = vocabulary(self.layer, self.shape)
        return {"x": Operand(self.shape, below=tokens), "upstream": Operand(output)}

    @property
    def weights(self) -> Mapping[str, Operand]:
        described = parameters(self.layer, self.shape)
        return {path: Operand(p.shape, p.center, p.bound) for path, p in described.items()}

    @property
    def wanted(self) -> tuple[str, ...]:
        """Paths of the weights of which it gives the gradient, and `x`."""
        described = parameters(self.layer, self.shape)
        x = () if self.inputs["x"].below is not None else ("x",)
        return (*x, *(path for path, parameter in described.items() if parameter.learned))

    @property
    def results(self) -> Mapping[str, Result]:
        given: dict[str, Result] = {"output": Result(self.layer.output_shape(self.shape))}
        weights = self.weights
        for name in self.wanted:
            shape = self.shape if name == "x" else weights[name].shape
            given[f"{GRADIENT}{name}"] = Result(shape, by_row=name == "x")
        return given

    @property
    def flop(self) -> int:
        """As training counts them: forward, and the same again for the gradient of the input and
        for that of the weights."""
        total = 0
        for node in walk(self.layer, self.shape):
            ways = 1 + bool(node.layer.parameters()) + ("x" in self.wanted)
            total += ways * node.layer.flop(node.input)
        return total

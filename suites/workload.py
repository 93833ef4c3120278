"""Workloads: one piece of work at one size, described so that every framework can do the same.

Three kinds: Product (one matrix product), Forward (a model's inference), Train (its training step).
"""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass

from suites import cost
from suites.layers import Layer, Shape

ITEMSIZE = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of one value, by the precisions the product knows."""

CHECKED_STEPS = 3
"""Training steps taken from the initial weights and compared with the reference."""


@dataclass(frozen=True)
class SGD:
    """Plain stochastic gradient descent: w <- w - lr x gradient."""

    lr: float
    flop_per_parameter: int = 2


@dataclass(frozen=True, kw_only=True)
class Product:
    """[m, k] x [k, n]; with `generated`, fresh standard normal operands are drawn in every step."""

    suite: str
    name: str
    m: int
    k: int
    n: int
    generated: bool = False

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        return self.k

    @property
    def flop(self) -> int:
        """2 m k n: a multiplication and an addition for every triple (Golub & Van Loan, 1.1.11).

        Drawing the operands is not counted: generators differ in it and none is the definition.
        """
        return 2 * self.m * self.k * self.n

    def traffic_bytes(self, precision: str) -> int:
        """Compulsory traffic: operands once, product once."""
        values = self.m * self.k + self.k * self.n + self.m * self.n
        return ITEMSIZE[precision] * values

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: operands as made (float32), as placed, and products."""
        made = 0 if self.generated else 4 * (self.m * self.k + self.k * self.n)
        # Twice the traffic: the product of the step under way beside the last one still held.
        return made + 2 * self.traffic_bytes(precision)

    @property
    def output_bytes(self) -> int:
        """Bytes one step leaves behind, at most."""
        return 4 * self.m * self.n


@dataclass(frozen=True, kw_only=True)
class Forward:
    """Inference of a model over a batch; the result is the model's output."""

    suite: str
    name: str
    model: Layer
    input_shape: Shape

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        return self.input_shape[0]

    @property
    def flop(self) -> int:
        return cost.forward_flop(self.model, self.input_shape)

    def traffic_bytes(self, precision: str) -> int:
        return cost.forward_bytes(self.model, self.input_shape, ITEMSIZE[precision])

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: weights and inputs twice (host, device), activations."""
        return _resident_bytes(self.model, self.input_shape, precision, copies=2)

    @property
    def output_bytes(self) -> int:
        return 4 * math.prod(self.model.output_shape(self.input_shape))


@dataclass(frozen=True, kw_only=True)
class Train:
    """One training step: forward, mean cross-entropy over the classes, backward, update."""

    suite: str
    name: str
    model: Layer
    input_shape: Shape
    optimizer: SGD

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        return self.input_shape[0]

    @property
    def classes(self) -> int:
        return self.model.output_shape(self.input_shape)[-1]

    @property
    def flop(self) -> int:
        return cost.train_flop(self.model, self.input_shape, self.optimizer.flop_per_parameter)

    def traffic_bytes(self, precision: str) -> int:
        return cost.train_bytes(self.model, self.input_shape, ITEMSIZE[precision])

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: weights on host, on device, updated, gradients."""
        return _resident_bytes(self.model, self.input_shape, precision, copies=4)

    @property
    def output_bytes(self) -> int:
        """A functional framework returns new weights from every step."""
        return 4 * cost.parameter_count(self.model, self.input_shape)


Workload = Product | Forward | Train


def definition_hash(workload: Workload) -> str:
    """sha256 of the description itself: two records with one hash ran the same work."""
    return hashlib.sha256(repr(workload).encode()).hexdigest()


def _resident_bytes(model: Layer, shape: Shape, precision: str, copies: int) -> int:
    size = ITEMSIZE[precision]
    resident = size * (cost.parameter_count(model, shape) + math.prod(shape))
    return copies * resident + cost.activation_bytes(model, shape, size)

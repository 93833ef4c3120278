"""Work done in one step: a matrix product, a forward pass, a training step."""

from __future__ import annotations

import math
from dataclasses import dataclass

from suites.layers import BatchNorm, Layer, Shape, ShapeError, check, cost, vocabulary, walk
from suites.workload.optimizers import check_optimizer
from suites.workload.update_rule import Optimizer

ITEMSIZE = {"float32": 4, "float16": 2, "bfloat16": 2}
"""Bytes of one value, by the precisions the product knows."""

LOSSES = ("cross_entropy", "mse", "bce")
"""-log softmax(y)[label]; (y - target)^2; and of outputs y before the sigmoid binary cross-entropy:
max(y, 0) - y target + log(1 + exp(-|y|))."""

LOSS_SCALE = 2.0**10
"""What losses are multiplied by before the backward pass in float16, so that small gradients are
not lost; gradients are divided by it before the update (Micikevicius et al., arXiv:1710.03740)."""

GROWS_AFTER = 2000
"""Steps without overflow, after which that scale doubles; an overflow halves it."""

INPUTS = ("device", "host", "loop", "background")
"""Where a step's batch comes from: it lies on the device; it is copied from host arrays; it is
prepared from raw bytes in the step and copied; a thread has prepared it meanwhile."""


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
    """Inference of a model over a batch; the result is the model's output.

    Raises ShapeError when the model does not take the shape, ValueError for unknown `inputs`.
    """

    suite: str
    name: str
    model: Layer
    input_shape: Shape
    inputs: str = "device"

    def __post_init__(self) -> None:
        check(self.model, self.input_shape)
        check_inputs(self.inputs, self.model, self.input_shape)

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
        """Memory one contender takes."""
        return cost.forward_peak_bytes(self.model, self.input_shape, ITEMSIZE[precision])

    @property
    def output_bytes(self) -> int:
        return 4 * math.prod(self.model.output_shape(self.input_shape))


@dataclass(frozen=True, kw_only=True)
class Train:
    """One training step: forward, loss, backward, update.

    Of `cross_entropy` the classes are the last axis of the model's output, and every place before
    it has a label; `mse` and `bce` have a target for each value. In a 16-bit precision weights,
    updates and the loss stay in float32, and the model passes in 16 bits. Raises as Forward does.
    """

    suite: str
    name: str
    model: Layer
    input_shape: Shape
    optimizer: Optimizer
    inputs: str = "device"
    sized_by: str = "batch"
    """What `size` counts: `batch` or `parameters`."""
    loss: str = "cross_entropy"
    """One of LOSSES, each a mean."""
    accumulate: int = 1
    """Equal parts of the batch that pass one after the other before the one update, for which their
    gradients are averaged."""
    clip_norm: float | None = None
    """Gradients together longer than this are scaled down to it before the update."""

    def __post_init__(self) -> None:
        self._check_recipe()
        check_trainable(self.model, self.part_shape, self.optimizer)
        check_inputs(self.inputs, self.model, self.input_shape)
        check_sized_by(self.sized_by, "batch")

    def _check_recipe(self) -> None:
        if self.loss not in LOSSES:
            raise ValueError(f"loss expects one of {', '.join(LOSSES)}. Received: {self.loss!r}")
        clip = self.clip_norm
        if clip is not None and not (isinstance(clip, int | float) and 0 < clip < math.inf):
            raise ValueError(f"clip_norm expects a finite number above 0. Received: {clip!r}")
        parts = self.accumulate
        if not (isinstance(parts, int) and parts >= 1):
            raise ValueError(f"accumulate expects a whole number from 1 on. Received: {parts!r}")
        check(self.model, self.input_shape)
        if self.input_shape[0] % parts:
            raise ShapeError(
                f"accumulate expects a batch of {parts} equal parts. "
                f"Received: {list(self.input_shape)}"
            )

    @property
    def part_shape(self) -> Shape:
        """What passes through the model at once."""
        return (self.input_shape[0] // self.accumulate, *self.input_shape[1:])

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        if self.sized_by == "parameters":
            return cost.parameter_count(self.model, self.input_shape)
        return self.input_shape[0]

    @property
    def classes(self) -> int:
        return self.model.output_shape(self.input_shape)[-1]

    @property
    def flop(self) -> int:
        passes = self.accumulate * cost.train_flop(self.model, self.part_shape, 0)
        weights = cost.parameter_count(self.model, self.input_shape)
        return passes + self.optimizer.flop_per_parameter * weights

    def traffic_bytes(self, precision: str) -> int:
        return self.accumulate * cost.train_bytes(self.model, self.part_shape, ITEMSIZE[precision])

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: of what is accumulated gradients of their own besides, and
        the other parts of the batch on the host and on the device."""
        state, itemsize = self.optimizer.state_arrays, ITEMSIZE[precision]
        arrays = state + (self.accumulate > 1)
        waiting = 2 * (math.prod(self.input_shape) - math.prod(self.part_shape))
        peak = cost.train_peak_bytes(self.model, self.part_shape, itemsize, arrays)
        if precision != "float32":  # but weights, gradients and state, which copies lie beside
            weights = cost.parameter_count(self.model, self.input_shape)
            peak += (4 - itemsize) * (3 + arrays) * weights + 2 * itemsize * weights
        return peak + itemsize * waiting

    @property
    def output_bytes(self) -> int:
        """A functional framework returns new weights and optimizer state from every step."""
        copies = 1 + self.optimizer.state_arrays
        return 4 * copies * cost.parameter_count(self.model, self.input_shape)


def check_inputs(inputs: str, model: Layer, shape: Shape) -> None:
    """Raises ValueError for an unknown word, or bytes that are to become tokens."""
    if inputs not in INPUTS:
        raise ValueError(f"inputs expects one of {', '.join(INPUTS)}. Received: {inputs}")
    if inputs in ("loop", "background") and vocabulary(model, shape) is not None:
        raise ValueError(f"tokens expect inputs = device or host. Received: {inputs}")


def check_sized_by(word: str, otherwise: str) -> None:
    """Raises ValueError for a word that counts nothing."""
    if word not in (otherwise, "parameters"):
        raise ValueError(f"sized_by expects {otherwise} or parameters. Received: {word!r}")


def check_trainable(model: Layer, shape: Shape, optimizer: Optimizer) -> None:
    """Raises ShapeError where the model does not take the shape, or has no statistics of it,
    ValueError where there is nothing to learn, or no rule to learn by."""
    check(model, shape)
    for node in walk(model, shape):
        if isinstance(node.layer, BatchNorm) and math.prod(node.input) == node.input[1]:
            raise ShapeError(
                f"BatchNorm expects more than one value in each channel to train with. "
                f"Received: {list(node.input)}",
                node.path,
            )
    if not cost.parameter_count(model, shape):
        raise ValueError(f"training expects a model with parameters. Received: {model!r}")
    check_optimizer(optimizer)

"""Work of many steps: training over epochs with evaluation, and the life of a model."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import ClassVar

from suites.layers import Layer, Shape, ShapeError, cost, masks, vocabulary
from suites.workload.steps import ITEMSIZE, Forward, check_sized_by, check_trainable
from suites.workload.update_rule import Optimizer

LEARNED_FROM = ("device", "host")
"""Where learning finds its data; see INPUTS."""


@dataclass(frozen=True)
class Data:
    """Samples for learning: `source` is a row of suites.data.sources."""

    source: str
    train: int
    test: int
    shape: Shape
    """Of one sample."""
    classes: int


@dataclass(frozen=True, kw_only=True)
class Learn:
    """Training from the initial weights over whole epochs, with an evaluation after each.

    Batches follow one another in the data's order; what fills no batch is left out. The evaluation
    takes all test samples at once: mean cross-entropy, and how often the largest output is right.
    Raises as Forward does.
    """

    suite: str
    name: str
    model: Layer
    data: Data
    batch: int
    epochs: int
    optimizer: Optimizer
    inputs: str = "device"
    sized_by: str = "samples"
    """What `size` counts: training `samples` or `parameters`."""
    loss: ClassVar[str] = "cross_entropy"
    accumulate: ClassVar[int] = 1
    clip_norm: ClassVar[float | None] = None
    """As of a Train that says nothing of them."""

    def __post_init__(self) -> None:
        if self.inputs not in LEARNED_FROM:
            words = " or ".join(LEARNED_FROM)
            raise ValueError(f"inputs of learning expects {words}. Received: {self.inputs}")
        check_sized_by(self.sized_by, "samples")
        data = self.data
        counts = self.epochs, self.batch, data.train, data.test, data.classes
        whole = all(isinstance(count, int) and count >= 1 for count in counts)
        if not whole or self.batch > data.train:
            raise ValueError(
                f"learning expects whole numbers of at least one epoch, batch, test and class. "
                f"Received: {self.epochs!r} epochs of {data.train!r} samples in batches of "
                f"{self.batch!r}, {data.test!r} tests, {data.classes!r} classes"
            )
        if not isinstance(data.shape, tuple):
            raise ValueError(f"data expects a tuple as shape. Received: {data.shape!r}")
        check_trainable(self.model, self.input_shape, self.optimizer)
        out = self.model.output_shape(self.test_shape)
        if out != (self.data.test, self.data.classes):
            expected = [self.data.test, self.data.classes]
            raise ShapeError(f"learning expects a model returning {expected}. Got: {list(out)}")
        if vocabulary(self.model, self.input_shape) is not None:
            raise ValueError("learning expects samples of numbers. Received: a model of tokens")
        if active := masks(self.model, self.input_shape):
            raise ValueError(
                f"learning expects dropout that is the identity. Received: active, {min(active)}"
            )

    @property
    def case(self) -> str:
        return f"{self.suite}/{self.name}/{self.size}"

    @property
    def size(self) -> int:
        if self.sized_by == "parameters":
            return cost.parameter_count(self.model, self.input_shape)
        return self.data.train

    @property
    def input_shape(self) -> Shape:
        """Of one training batch."""
        return (self.batch, *self.data.shape)

    @property
    def test_shape(self) -> Shape:
        """Of all test samples."""
        return (self.data.test, *self.data.shape)

    @property
    def batches(self) -> int:
        """Training steps of one epoch."""
        return self.data.train // self.batch

    @property
    def classes(self) -> int:
        return self.data.classes

    @property
    def flop(self) -> int:
        update = self.optimizer.flop_per_parameter
        steps = self.batches * cost.train_flop(self.model, self.input_shape, update)
        return self.epochs * (steps + cost.forward_flop(self.model, self.test_shape))

    def traffic_bytes(self, precision: str) -> int:
        size = ITEMSIZE[precision]
        steps = self.batches * cost.train_bytes(self.model, self.input_shape, size)
        return self.epochs * (steps + cost.forward_bytes(self.model, self.test_shape, size))

    def needed_bytes(self, precision: str) -> int:
        """Memory one contender takes: the data twice (host, device), and the larger peak."""
        size, state = ITEMSIZE[precision], self.optimizer.state_arrays
        data = size * math.prod(self.data.shape) * (self.data.train + self.data.test)
        train = cost.train_peak_bytes(self.model, self.input_shape, size, state)
        return 2 * data + max(train, cost.forward_peak_bytes(self.model, self.test_shape, size))

    @property
    def output_bytes(self) -> int:
        return 4 * cost.parameter_count(self.model, self.input_shape)


@dataclass(frozen=True, kw_only=True)
class Lifecycle:
    """The life of a model: learn, save the weights to a file, load them in a fresh model, infer.

    The results are those of `learn` and `prediction` [test samples, classes].
    """

    learn: Learn

    def __post_init__(self) -> None:
        if not isinstance(self.learn, Learn):
            raise ValueError(f"a life expects a Learn to begin with. Received: {self.learn!r}")

    @property
    def suite(self) -> str:
        return self.learn.suite

    @property
    def name(self) -> str:
        return self.learn.name

    @property
    def case(self) -> str:
        return self.learn.case

    @property
    def size(self) -> int:
        return self.learn.size

    @property
    def inference(self) -> Forward:
        """What the fresh model does."""
        shape = self.learn.test_shape
        return Forward(suite=self.suite, name=self.name, model=self.learn.model, input_shape=shape)

    @property
    def flop(self) -> int:
        return self.learn.flop + self.inference.flop

    def traffic_bytes(self, precision: str) -> int:
        return self.learn.traffic_bytes(precision) + self.inference.traffic_bytes(precision)

    def needed_bytes(self, precision: str) -> int:
        return self.learn.needed_bytes(precision) + self.inference.needed_bytes(precision)

    @property
    def output_bytes(self) -> int:
        return self.learn.output_bytes

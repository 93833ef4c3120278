"""What the steps of a workload answer, in their order, worked out when somebody asks."""

from __future__ import annotations

import functools
import hashlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from frameworks.interface import Unsupported
from suites.data.arrays import Arrays
from suites.workload import SGD, Adam, Forward, Learn, Product, Train, Workload
from tests.simulated import arithmetic
from tests.simulated.networks import Network, cross_entropy
from tests.simulated.variants.honest import Honest

Answer = Callable[[], Mapping[str, Any]]

EXACT = 24
"""Training steps from a begin that are all worked out, if a later one is looked at: as many as the
harness compares. Of those beyond, only the ones looked at: nobody can tell."""


class Steps(ABC):
    """Steps that go round the ring."""

    chained = False
    """Whether each step needs the one before it."""

    def __init__(self, names: tuple[str, ...], ring: tuple[Any, ...]) -> None:
        self.names, self._ring = names, ring or ({},)
        self._place = 0

    @property
    def place(self) -> int:
        """Which batch the next step takes."""
        return self._place % len(self._ring)

    def fingerprint(self) -> str:
        """Of the next step's batch, by its values."""
        arrays = sorted(self._ring[self.place].items())
        return hashlib.sha256(b"".join(np.ascontiguousarray(a).data for _, a in arrays)).hexdigest()

    def skip(self) -> None:
        """Go on to the next batch without a step."""
        self._place += 1

    @abstractmethod
    def take(self) -> Answer:
        """The next step's answer."""


class AloneSteps(Steps):
    """Steps that do not know of each other: each batch's answer, worked out once."""

    def __init__(self, names: tuple[str, ...], ring: tuple[Any, ...], at: Any) -> None:
        super().__init__(names, ring)
        self._at = functools.cache(at)

    def take(self) -> Answer:
        place = self.place
        self.skip()
        return lambda: self._at(place)


class TrainingSteps(Steps):
    """Steps of which each begins with the weights that the one before it left."""

    chained = True

    def __init__(self, workload: Train, arrays: Arrays, lie: Honest) -> None:
        self._trainer, self._lie = Trainer(workload, arrays.weights, lie), lie
        kept = [name for path in arrays.weights for name in workload.optimizer.state_names(path)]
        super().__init__(("loss", *arrays.weights, *kept), arrays.ring)
        self._taken: list[int] = []
        self._made: dict[int, Mapping[str, Any]] = {}
        self._done = 0

    def take(self) -> Answer:
        number = len(self._taken)
        self._taken.append(self.place)
        self.skip()
        return lambda: self._made.get(number) or self._until(number)

    def _until(self, number: int) -> Mapping[str, Any]:
        while self._done <= min(number, EXACT - 1):
            self._made[self._done] = self._step(self._done)
            self._done += 1
        if number not in self._made:
            self._made = {n: made for n, made in self._made.items() if n >= number - EXACT}
            self._made[number] = self._step(number)
        return self._made[number]

    def _step(self, number: int) -> Mapping[str, Any]:
        batch = self._ring[self._taken[number]]
        return self._trainer.step(*self._lie.batch(batch["x"], batch["labels"]))


class Trainer:
    """A network and its optimizer in float32."""

    def __init__(self, workload: Train | Learn, weights: Mapping[str, Any], lie: Honest) -> None:
        dot = functools.partial(arithmetic.product, lie.arithmetic)
        self.network = Network(workload.model, workload.input_shape, weights, dot)
        self._rule, self._lie, self._count = workload.optimizer, lie, 0
        self._moments: dict[str, tuple[Any, Any]] = {}

    def step(self, x: Any, labels: Any) -> dict[str, Any]:
        """The loss before the update, the weights after it, and the moments if there are any."""
        loss, found = self.network.gradients(x, labels)
        self._count += 1
        results, weights = {"loss": loss}, dict(self.network.weights)
        for path, gradient in self._lie.gradients(found).items():
            change, *kept = self._change(path, gradient)
            results |= zip(self._rule.state_names(path), kept, strict=True)
            weights[path] = weights[path] - change
        self.network.weights = weights
        return results | weights

    def _change(self, path: str, gradient: Any) -> tuple[Any, ...]:
        match self._rule:
            case SGD(lr):
                return (np.float32(lr) * gradient,)
            case Adam() as rule:
                return self._adam(rule, path, gradient)
        raise Unsupported(f"the simulated device has no {type(self._rule).__name__}")

    def _adam(self, rule: Adam, path: str, gradient: Any) -> tuple[Any, Any, Any]:
        f, nothing = np.float32, np.zeros_like(gradient)
        m, v = self._lie.remembered(*self._moments.get(path, (nothing, nothing)))
        m = self._lie.moment(path, f(rule.beta1) * m + f(1 - rule.beta1) * gradient)
        v = f(rule.beta2) * v + f(1 - rule.beta2) * gradient * gradient
        self._moments[path] = m, v
        t = self._lie.corrected(self._count)
        spread = np.sqrt(v / f(1 - rule.beta2**t)) + f(rule.eps)
        return f(rule.lr) * (m / f(1 - rule.beta1**t)) / spread, m, v


def steps_of(workload: Workload, arrays: Arrays, lie: Honest) -> Steps:
    """The steps of a workload with these arrays. Raises Unsupported for what is not simulated."""
    match workload:
        case Product(generated=True):
            return DrawnSteps(workload)
        case Product():
            return _products(workload, arrays, lie)
        case Forward(inputs="device"):
            return _outputs(workload, arrays, lie)
        case Train(inputs="device"):
            return TrainingSteps(workload, arrays, lie)
        case Learn(inputs="device"):
            names = ("train_loss", "test_loss", "correct", *arrays.weights)
            return AloneSteps(names, (), lambda place: _learned(workload, arrays, lie))
    raise Unsupported("the simulated device has this work neither from the host nor in a life")


class DrawnSteps(Steps):
    """Products of operands that each step draws."""

    def __init__(self, workload: Product) -> None:
        super().__init__(("product",), ())
        self._draw = np.random.default_rng(1)
        self._shapes = (workload.m, workload.k), (workload.k, workload.n)

    def take(self) -> Answer:
        self.skip()
        return functools.cache(self._product)

    def _product(self) -> Mapping[str, Any]:
        a, b = (self._draw.standard_normal(shape, dtype=np.float32) for shape in self._shapes)
        return {"product": a @ b}


def _products(workload: Product, arrays: Arrays, lie: Honest) -> Steps:
    def at(place: int) -> Mapping[str, Any]:
        a, b = arrays.ring[place]["a"], arrays.inputs["b"]
        if workload.suite == "probe":  # the harness's own, which are large and only timed
            return {"product": np.broadcast_to(np.float32(0), (workload.m, workload.n))}
        return {"product": lie.output(arithmetic.product(lie.arithmetic, a, b))}

    return AloneSteps(("product",), arrays.ring, at)


def _outputs(workload: Forward, arrays: Arrays, lie: Honest) -> Steps:
    dot = functools.partial(arithmetic.product, lie.arithmetic)
    network = Network(workload.model, workload.input_shape, arrays.weights, dot)
    return AloneSteps(
        ("output",),
        arrays.ring,
        lambda place: {"output": lie.output(network.forward(arrays.ring[place]["x"]))},
    )


def _learned(workload: Learn, arrays: Arrays, lie: Honest) -> Mapping[str, Any]:
    trainer = Trainer(workload, arrays.weights, lie)
    x, labels = arrays.inputs["x"], arrays.inputs["labels"]
    test_x, test_labels = arrays.inputs["test_x"], arrays.inputs["test_labels"]
    curves: dict[str, list[Any]] = {"train_loss": [], "test_loss": [], "correct": []}
    for _ in range(workload.epochs):
        losses = []
        for begin in range(0, workload.batches * workload.batch, workload.batch):
            part = slice(begin, begin + workload.batch)
            losses.append(trainer.step(*lie.batch(x[part], labels[part]))["loss"])
        logits = trainer.network.forward(test_x)
        curves["train_loss"].append(np.mean(losses))
        curves["test_loss"].append(cross_entropy(logits, test_labels)[0])
        curves["correct"].append(lie.correct(np.sum(np.argmax(logits, 1) == test_labels)))
    found = {name: np.asarray(curve, np.float32) for name, curve in curves.items()}
    return found | trainer.network.weights

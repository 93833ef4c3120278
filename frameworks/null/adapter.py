"""null: no framework at all. Its steps do nothing; its answers are right, and worked out only when
someone looks at them, off the clock. It measures the harness and carries its tests.

It runs in the host environment, whose float64 reference gives the answers.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from frameworks.interface import (
    Device,
    Framework,
    Memory,
    Resettable,
    Runtime,
    Settings,
    Step,
    Unsupported,
)
from frameworks.shared.batches import Source, going_round, ring
from suites.data import arrays as made
from suites.data.arrays import AUDITED, Array, Arrays, Batch
from suites.verification import reference
from suites.verification.reference import decoding, learning, training
from suites.verification.reference.meanings import operators
from suites.verification.reference.meanings.arithmetic import Exact
from suites.workload import Decode, Forward, Learn, Lifecycle, Operation, Product, Train, Workload

NAME = "null"
ENVIRONMENT = "host"


@dataclass(frozen=True)
class Answer:
    """A result not yet worked out."""

    compute: Callable[[], Array]


# --- device ---------------------------------------------------------------------------------


def devices() -> Sequence[Device]:
    return (Device(id="cpu", kind="cpu", name="cpu"),)


def start(device: Device, settings: Settings) -> Runtime:
    global _precision
    _precision = settings.precision
    return Runtime(
        versions={"null": "1"},
        device=device,
        asynchronous=False,
        notes=("null does no work: its figures are the harness's own overhead",),
    )


def memory() -> Memory:
    return Memory()


_precision = "float32"


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    match workload:
        case Product(generated=True):
            return _generated(workload)
        case Product():
            source = Source(_products, arrays)
        case Operation():
            source = Source(functools.partial(_results, workload), arrays)
        case Forward():
            source = Source(functools.partial(_outputs, workload), arrays)
        case Decode():
            source = Source(functools.partial(_decodings, workload), arrays)
        case Train():
            source = Source(lambda arrays: Training(workload, arrays).step, arrays)
        case Learn():
            source = Source(functools.partial(_learning, workload), arrays)
        case Lifecycle():
            raise Unsupported("a life is composed of the other kinds of work")
    return Resettable(lambda: source.take(), source.reset)


PREPARED = 8
"""Training steps whose answers are worked out when the first is looked at: they are those that are
looked at before timing."""


class Training:
    """True steps, one after the other: the first, as many as an audit takes, and after them those
    that someone looks at. The others do nothing."""

    def __init__(self, workload: Train, arrays: Arrays) -> None:
        weights = {path: array.astype(np.float64) for path, array in arrays.weights.items()}
        self.steps = training.steps(workload, weights, _rounded(arrays))
        self.count = itertools.count()
        self.first: list[dict[str, Any]] = []
        self.later: dict[int, dict[str, Any]] = {}
        learned = training.learned(workload)
        kept = [name for path in learned for name in workload.optimizer.state_names(path)]
        self.names = ("loss", *arrays.weights, *kept)

    def step(self) -> Mapping[str, Answer]:
        number = next(self.count)
        return {name: Answer(functools.partial(self._look, number, name)) for name in self.names}

    def _look(self, number: int, name: str) -> Any:
        if number < AUDITED:
            missing = max(PREPARED, number + 1) - len(self.first)
            self.first += [self.work() for _ in range(missing)]
            return self.first[number][name]
        if number not in self.later:
            self.later = {number: self.work()}
        return self.later[number][name]

    def work(self) -> dict[str, Any]:
        """The next step's results, worked out now."""
        step = next(self.steps)
        made = {**step.after, **step.kept}
        return {"loss": np.asarray(step.loss)} | {n: a.astype(np.float32) for n, a in made.items()}


def _rounded(arrays: Arrays) -> Iterator[Batch]:
    """What training goes round, with x as the precision holds it."""
    for batch in itertools.cycle(ring(arrays)):
        yield {**batch, "x": made.rounded(batch["x"], _precision)}


def _learning(workload: Learn, arrays: Arrays) -> Step:
    learned = functools.cache(lambda: learning.learn(workload, arrays, Exact()).results)
    names = ("train_loss", "test_loss", "correct", *arrays.weights)
    answers = {
        name: Answer(functools.partial(lambda name: learned()[name], name)) for name in names
    }
    return lambda: answers


def _generated(workload: Product) -> Step:
    generator = np.random.default_rng(0)
    shape, spread = (workload.m, workload.n), np.sqrt(workload.k)
    product = Answer(lambda: generator.standard_normal(shape) * spread)
    return lambda: {"product": product}


def _products(arrays: Arrays) -> Step:
    def product(a: Array) -> Array:
        return made.rounded(a, _precision) @ made.rounded(arrays.inputs["b"], _precision)

    return going_round([{"product": _answer(product, batch["a"])} for batch in ring(arrays)])


def _outputs(workload: Forward, arrays: Arrays) -> Step:
    def output(x: Array) -> Array:
        weights = {path: made.rounded(array, _precision) for path, array in arrays.weights.items()}
        return reference.outputs(workload, weights, made.rounded(x, _precision))

    return going_round([{"output": _answer(output, batch["x"])} for batch in ring(arrays)])


def _results(workload: Operation, arrays: Arrays) -> Step:
    held = {name: made.rounded(array, _precision) for name, array in arrays.weights.items()}

    def answers(batch: Mapping[str, Array]) -> dict[str, Answer]:
        @functools.cache
        def computed() -> Mapping[str, Array]:
            inputs = {name: made.rounded(array, _precision) for name, array in batch.items()}
            return operators.results(workload.operator, held, inputs, Exact())

        def one(name: str) -> Array:
            return computed()[name]

        names = workload.operator.results
        return {name: Answer(functools.partial(one, name)) for name in names}

    return going_round([answers(batch) for batch in ring(arrays)])


def _decodings(workload: Decode, arrays: Arrays) -> Step:
    def answers(first: Array) -> Mapping[str, Answer]:
        @functools.cache
        def decoded() -> tuple[Array, Array]:
            weights = {n: made.rounded(array, _precision) for n, array in arrays.weights.items()}
            return decoding.greedy(workload, weights, first)

        return {
            "logits": Answer(lambda: decoded()[0]),
            "tokens": Answer(lambda: decoded()[1] * 1.0),
        }

    return going_round([answers(batch["x"]) for batch in ring(arrays)])


def _answer(compute: Callable[[Array], Array], array: Array) -> Answer:
    return Answer(functools.cache(lambda: compute(array)))


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Nothing is under way."""


def to_numpy(array: Any) -> Array:
    return np.asarray(array.compute() if isinstance(array, Answer) else array)


if TYPE_CHECKING:
    import frameworks.null.adapter

    _: Framework = frameworks.null.adapter

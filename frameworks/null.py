"""null: no framework at all. Its steps do nothing; its answers are right, and worked out only when
someone looks at them, off the clock. It measures the harness and carries its tests.

It runs in the host environment, whose float64 reference gives the answers.
"""

from __future__ import annotations

import functools
import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from frameworks.interface import (
    Device,
    Framework,
    Memory,
    Runtime,
    Settings,
    Step,
    Unsupported,
)
from suites import arrays as made
from suites import reference
from suites.arrays import Array, Arrays
from suites.reference import learning, training
from suites.workload import Adam, Forward, Learn, Lifecycle, Product, Train, Workload

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


def build(workload: Workload, arrays: Arrays) -> Step:
    match workload:
        case Product(generated=True):
            return _generated(workload)
        case Product():
            product = Answer(functools.cache(lambda: _held(arrays, "a") @ _held(arrays, "b")))
            return lambda: {"product": product}
        case Forward():
            output = Answer(functools.cache(lambda: _output(workload, arrays)))
            return lambda: {"output": output}
        case Train():
            return Training(workload, arrays).step
        case Learn():
            return _learning(workload, arrays)
        case Lifecycle():
            raise Unsupported("a life is composed of the other kinds of work")


PREPARED = 8
"""Training steps whose answers are worked out when the first is looked at: they are those that are
looked at before timing."""


class Training:
    """True steps, one after the other: those that someone looks at. The others do nothing."""

    def __init__(self, workload: Train, arrays: Arrays) -> None:
        weights = {path: array.astype(np.float64) for path, array in arrays.weights.items()}
        batch = made.rounded(arrays.inputs["x"], _precision), arrays.inputs["labels"]
        self.steps = training.steps(workload, weights, itertools.repeat(batch))
        self.count = itertools.count()
        self.results: dict[int, dict[str, Any]] = {}
        moments = [
            name
            for path in training.learned(workload)
            for name in (Adam.first_moment(path), Adam.second_moment(path))
            if isinstance(workload.optimizer, Adam)
        ]
        self.names = ("loss", *arrays.weights, *moments)

    def step(self) -> Mapping[str, Answer]:
        number = next(self.count)
        return {name: Answer(functools.partial(self._look, number, name)) for name in self.names}

    def _look(self, number: int, name: str) -> Any:
        if not self.results:
            self.results = {prepared: self._next() for prepared in range(PREPARED)}
        elif number not in self.results:
            self.results = {number: self._next()}
        return self.results[number][name]

    def _next(self) -> dict[str, Any]:
        step = next(self.steps)
        kept = {**step.after, **step.moments}
        return {"loss": np.asarray(step.loss)} | {n: a.astype(np.float32) for n, a in kept.items()}


def _learning(workload: Learn, arrays: Arrays) -> Step:
    learned = functools.cache(lambda: learning.learn(workload, arrays, np.float64).results)
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


def _output(workload: Forward, arrays: Arrays) -> Array:
    weights = {path: made.rounded(array, _precision) for path, array in arrays.weights.items()}
    return reference.outputs(workload, weights, _held(arrays, "x"))


def _held(arrays: Arrays, name: str) -> Array:
    return made.rounded(arrays.inputs[name], _precision)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Nothing is under way."""


def to_numpy(array: Any) -> Array:
    return np.asarray(array.compute() if isinstance(array, Answer) else array)


if TYPE_CHECKING:
    import frameworks.null

    _: Framework = frameworks.null

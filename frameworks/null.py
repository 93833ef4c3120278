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

from frameworks.interface import Device, Framework, Memory, Runtime, Settings, Step
from suites import arrays as made
from suites import reference
from suites.arrays import Array, Arrays
from suites.workload import Forward, Product, Train, Workload

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


PREPARED = 8
"""Training steps whose answers are worked out when the step is built: those that are looked at
before timing."""


class Training:
    """Counts steps. Later ones that follow a step someone looked at are true SGD steps from there;
    steps nobody looked at leave the weights alone."""

    def __init__(self, workload: Train, arrays: Arrays) -> None:
        self.workload, self.inputs = workload, arrays.inputs
        self.names = ("loss", *arrays.weights)
        self.count, self.seen = itertools.count(), PREPARED - 1
        self.state: dict[str, Any] = dict(arrays.weights)
        self.prepared = [self._advance(trained=True) for _ in range(PREPARED)]

    def step(self) -> Mapping[str, Answer]:
        number = next(self.count)
        return {name: Answer(functools.partial(self._look, number, name)) for name in self.names}

    def _look(self, number: int, name: str) -> Any:
        if number < PREPARED:
            return self.prepared[number][name]
        if number != self.seen:
            self._advance(trained=number == self.seen + 1)
            self.seen = number
        return self.state[name]

    def _advance(self, *, trained: bool) -> dict[str, Any]:
        weights = {path: self.state[path].astype(np.float64) for path in self.names[1:]}
        x = made.rounded(self.inputs["x"], _precision)
        loss, changes = reference.one_step(self.workload, weights, x, self.inputs["labels"])
        if trained:
            weights = {path: weight + changes[path] for path, weight in weights.items()}
        self.state = {path: weight.astype(np.float32) for path, weight in weights.items()}
        self.state["loss"] = np.asarray(loss)
        return self.state


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

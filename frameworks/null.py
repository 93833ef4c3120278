"""null: no framework at all. Its steps do nothing; its answers are right, and worked out only when
someone looks at them, off the clock. It measures the harness and carries its tests.

It runs in the host environment, whose float64 reference gives the answers.
"""

from __future__ import annotations

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
    global _precision  # noqa: PLW0603  a module is the adapter, so its state is the module's
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
            product = Answer(lambda: _held(arrays, "a") @ _held(arrays, "b"))
            return lambda: {"product": product}
        case Forward():
            output = Answer(lambda: _output(workload, arrays))
            return lambda: {"output": output}
        case Train():
            return Training(workload, arrays).step


class Training:
    """Counts steps. One that follows a step someone looked at is a true SGD step from there;
    steps nobody looked at leave the weights alone."""

    def __init__(self, workload: Train, arrays: Arrays) -> None:
        self.workload, self.inputs = workload, arrays.inputs
        self.paths = tuple(arrays.weights)
        self.count = itertools.count(1)
        self.seen = 0
        self.state: dict[str, Any] = {"loss": None} | dict(arrays.weights)

    def step(self) -> Mapping[str, Answer]:
        number = next(self.count)
        # One object for all parameters would do, but a real step returns one array for each.
        return {name: Answer(lambda name=name: self._look(number)[name]) for name in self.state}  # type: ignore[misc]

    def _look(self, number: int) -> dict[str, Any]:
        if number != self.seen:
            self.state = self._after(number == self.seen + 1)
            self.seen = number
        return self.state

    def _after(self, follows: bool) -> dict[str, Any]:
        weights = {path: self.state[path].astype(np.float64) for path in self.paths}
        x = made.rounded(self.inputs["x"], _precision)
        loss, changes = reference.one_step(self.workload, weights, x, self.inputs["labels"])
        new = {p: w + changes[p] if follows else w for p, w in weights.items()}
        return {"loss": np.asarray(loss), **{p: w.astype(np.float32) for p, w in new.items()}}


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

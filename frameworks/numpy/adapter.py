"""NumPy: matrix products and forward passes on the CPU, through the BLAS it was built with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
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
from frameworks.numpy import operations
from frameworks.numpy.decoding import Decoder
from frameworks.numpy.layers import lower
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.versions import build_of
from suites.data.arrays import Array, Arrays
from suites.workload import Decode, Forward, Operation, Product, Workload

NAME = "numpy"


# --- device ---------------------------------------------------------------------------------


def devices() -> Sequence[Device]:
    return (Device(id="cpu", kind="cpu", name="cpu"),)


def start(device: Device, settings: Settings) -> Runtime:
    if settings.precision != "float32":
        raise Unsupported(
            f"NumPy has no BLAS product in {settings.precision}; its fallback loop is some "
            "thousand times slower and would measure nothing a user would run"
        )
    return Runtime(
        versions={"numpy": np.__version__},
        device=device,
        asynchronous=False,
        details=_configuration(),
        build=build_of(commit=getattr(np.version, "git_revision", None)),
    )


def _configuration() -> str:
    """How NumPy was built; releases before 1.25 print it and return nothing."""
    try:
        return json.dumps(np.show_config(mode="dicts"))
    except TypeError:
        return ""


def memory() -> Memory:
    return Memory()


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Operation):
        return operations.build(workload.operator, arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    if isinstance(workload, Decode):
        return _decode(workload, arrays)
    raise Unsupported("NumPy has no automatic differentiation, so it has no training step")


def _product(arrays: Arrays) -> Resettable:
    source = Source(_operands, arrays)

    def step() -> Mapping[str, Array]:
        a, b = source.take()
        return {"product": a @ b}

    return Resettable(step, source.reset)


def _operands(arrays: Arrays) -> Callable[[], tuple[Array, Array]]:
    b = arrays.inputs["b"].copy()
    return going_round([(batch["a"].copy(), b) for batch in ring(arrays)])


def _generated(workload: Product) -> Step:
    generator = np.random.default_rng(0)
    shapes = (workload.m, workload.k), (workload.k, workload.n)

    def step() -> Mapping[str, Array]:
        a, b = (generator.standard_normal(shape, dtype=np.float32) for shape in shapes)
        return {"product": a @ b}

    return step


def _forward(workload: Forward, arrays: Arrays) -> Resettable:
    weights = {path: array.copy() for path, array in arrays.weights.items()}
    model = lower(workload.model, "", weights)

    def prepare(arrays: Arrays) -> Callable[[], Array]:
        if workload.inputs != "device":  # the host is the device: there is nothing to copy
            return lambda: arrays.batch()["x"]
        return going_round([batch["x"].copy() for batch in ring(arrays)])

    source = Source(prepare, arrays)
    return Resettable(lambda: {"output": model(source.take())}, source.reset)


def _decode(workload: Decode, arrays: Arrays) -> Resettable:
    decoder = Decoder(workload, {path: array.copy() for path, array in arrays.weights.items()})
    source = Source(lambda arrays: going_round([x["x"].copy() for x in ring(arrays)]), arrays)
    return Resettable(lambda: decoder.decode(source.take()), source.reset)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """NumPy returns when it has finished."""


def to_numpy(array: Any) -> Array:
    return np.asarray(array)


if TYPE_CHECKING:
    import frameworks.numpy.adapter

    _: Framework = frameworks.numpy.adapter

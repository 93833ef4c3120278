"""NumPy: matrix products and forward passes on the CPU, through the BLAS it was built with."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from frameworks.interface import Device, Framework, Memory, Runtime, Settings, Step, Unsupported
from suites.arrays import Array, Arrays
from suites.layers import Flatten, Layer, Linear, ReLU, Residual, Sequential, join
from suites.workload import Forward, Product, Workload

NAME = "numpy"

Apply = Callable[[Array], Array]


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
        details=json.dumps(np.show_config(mode="dicts")),
    )


def memory() -> Memory:
    return Memory()


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    raise Unsupported("NumPy has no automatic differentiation, so it has no training step")


def _product(arrays: Arrays) -> Step:
    a, b = arrays.inputs["a"].copy(), arrays.inputs["b"].copy()
    return lambda: {"product": a @ b}


def _generated(workload: Product) -> Step:
    generator = np.random.default_rng(0)
    shapes = (workload.m, workload.k), (workload.k, workload.n)

    def step() -> Mapping[str, Array]:
        a, b = (generator.standard_normal(shape, dtype=np.float32) for shape in shapes)
        return {"product": a @ b}

    return step


def _forward(workload: Forward, arrays: Arrays) -> Step:
    weights = {path: array.copy() for path, array in arrays.weights.items()}
    x, model = arrays.inputs["x"].copy(), lower(workload.model, weights, "")
    return lambda: {"output": model(x)}


# --- layers ---------------------------------------------------------------------------------


def lower(layer: Layer, weights: Mapping[str, Array], path: str) -> Apply:
    """The layer as a function of its input, with its weights bound."""
    match layer:
        case Sequential():
            stages = [lower(child, weights, join(path, name)) for name, child in layer.children]
            return lambda x: _chain(stages, x)
        case Residual():
            body = lower(layer.body, weights, join(path, "body"))
            return lambda x: x + body(x)
        case Linear():
            return _linear(layer, weights, path)
        case ReLU():
            return lambda x: np.maximum(x, 0)
        case Flatten():
            return lambda x: x.reshape(x.shape[0], -1)
    raise Unsupported(f"NumPy's adapter has no {type(layer).__name__}")


def _chain(stages: Sequence[Apply], x: Array) -> Array:
    for stage in stages:
        x = stage(x)
    return x


def _linear(layer: Linear, weights: Mapping[str, Array], path: str) -> Apply:
    weight = weights[join(path, "weight")].T
    if not layer.bias:
        return lambda x: x @ weight
    bias = weights[join(path, "bias")]
    return lambda x: x @ weight + bias


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """NumPy returns when it has finished."""


def to_numpy(array: Any) -> Array:
    return np.asarray(array)


if TYPE_CHECKING:
    import frameworks.numpy

    _: Framework = frameworks.numpy

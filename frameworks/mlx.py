"""MLX: lazy arrays, compiled or not, on Apple GPUs (Metal), on CUDA and on the CPU."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np
from mlx import nn, utils

from frameworks.interface import (
    FLOAT32_TRAINING,
    Device,
    Framework,
    Memory,
    Runtime,
    Settings,
    Step,
    Unsupported,
    refused,
)
from frameworks.versions import installed
from suites.arrays import Array, Arrays
from suites.layers import Flatten, Layer, Linear, ReLU, Residual, Sequential, join
from suites.workload import Forward, Product, Train, Workload

NAME = "mlx"

Weights = Mapping[str, Any]
Apply = Callable[[Weights, Any], Any]


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    dtype: Any
    compiles: bool
    on_gpu: bool


_started: _Started


def devices() -> Sequence[Device]:
    cpu = Device(id="cpu", kind="cpu", name="cpu")
    if mx.metal.is_available():
        return (cpu, Device("metal:0", "gpu", _device_info()["device_name"]))
    if mx.is_available(mx.gpu):
        info = _device_info()
        return (cpu, Device("cuda:0", "gpu", info["device_name"], info.get("total_memory")))
    return (cpu,)


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    on_gpu = device.kind == "gpu"
    if settings.execution == "compile" and not on_gpu and not _has_compiler():
        raise Unsupported("without a working compiler g++, MLX silently runs lazy on the CPU")
    mx.set_default_device(mx.gpu if on_gpu else mx.cpu)
    dtype = getattr(mx, settings.precision)
    _started = _Started(dtype, settings.execution == "compile", on_gpu)
    _try_out(device, settings)
    return Runtime(
        versions={"mlx": mx.__version__, **installed("mlx-metal", "mlx-cpu", "numpy")},
        device=device,
        asynchronous=True,
        notes=_notes(),
    )


def memory() -> Memory:
    if not _started.on_gpu:
        return Memory()
    return Memory(mx.get_active_memory(), mx.get_peak_memory())


def _device_info() -> dict[str, Any]:
    # Up to 0.29 the only description was Metal's.
    describe = getattr(mx, "device_info", None)
    info: dict[str, Any] = describe(mx.gpu) if describe else mx.metal.device_info()
    return info


def _has_compiler() -> bool:
    """As MLX itself looks for it."""
    tried = subprocess.run("g++ --version", shell=True, capture_output=True, check=False)
    return tried.returncode == 0


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = _compiled(lambda a, b: mx.maximum(a @ b, 0) + 1)
    try:
        mx.eval(smallest(_drawn(2, 2), _drawn(2, 2)))
    except (RuntimeError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


def _notes() -> list[str]:
    notes = []
    if _started.on_gpu and os.environ.get("MLX_ENABLE_TF32") == "0":
        notes.append("TF32 is off (MLX_ENABLE_TF32=0): float32 products are float32.")
    if not _started.on_gpu and sys.platform == "linux":
        notes.append(
            "MLX's build for Linux CPUs has an unoptimised BLAS: "
            "these figures say only that its answers are right."
        )
    return notes


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    mx.reset_peak_memory()
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    if _started.dtype != mx.float32:
        raise Unsupported(FLOAT32_TRAINING)
    return _train(workload, arrays)


def _product(arrays: Arrays) -> Step:
    a, b = _place(arrays.inputs["a"]), _place(arrays.inputs["b"])
    product = _compiled(lambda a, b: a @ b)
    return lambda: {"product": product(a, b)}


def _generated(workload: Product) -> Step:
    m, k, n = workload.m, workload.k, workload.n
    # A compiled function must be told of the generator's state, or it draws the same every time.
    product = _compiled(lambda: _drawn(m, k) @ _drawn(k, n), state=mx.random.state)
    return lambda: {"product": product()}


def _forward(workload: Forward, arrays: Arrays) -> Step:
    x, weights = _place(arrays.inputs["x"]), _weights(arrays)
    model = _compiled(lower(workload.model, ""))
    return lambda: {"output": model(weights, x)}


def _train(workload: Train, arrays: Arrays) -> Step:
    x, labels = _place(arrays.inputs["x"]), mx.array(arrays.inputs["labels"])
    model, lr = lower(workload.model, ""), workload.optimizer.lr
    weights = _weights(arrays)

    def loss(weights: Weights, x: Any, labels: Any) -> Any:
        return nn.losses.cross_entropy(model(weights, x), labels, reduction="mean")

    def train(weights: Weights, x: Any, labels: Any) -> tuple[Any, Weights]:
        value, gradients = mx.value_and_grad(loss)(weights, x, labels)
        return value, utils.tree_map(lambda w, g: w - lr * g, weights, gradients)

    update = _compiled(train)

    def step() -> Mapping[str, Any]:
        nonlocal weights
        value, weights = update(weights, x, labels)
        return {"loss": value, **weights}

    return step


def _compiled(function: Any, state: Any = None) -> Any:
    if not _started.compiles:
        return function
    return mx.compile(function, inputs=state, outputs=state)


def _place(array: Array) -> Any:
    placed = mx.array(array).astype(_started.dtype)
    mx.eval(placed)
    return placed


def _drawn(rows: int, columns: int) -> Any:
    return mx.random.normal((rows, columns), dtype=_started.dtype)


def _weights(arrays: Arrays) -> dict[str, Any]:
    return {path: _place(array) for path, array in arrays.weights.items()}


# --- layers ---------------------------------------------------------------------------------


def lower(layer: Layer, path: str) -> Apply:
    """The layer as a pure function of all weights and its input."""
    match layer:
        case Sequential():
            stages = [lower(child, join(path, name)) for name, child in layer.children]
            return lambda weights, x: _chain(stages, weights, x)
        case Residual():
            body = lower(layer.body, join(path, "body"))
            return lambda weights, x: x + body(weights, x)
        case Linear():
            return _linear(layer, path)
        case ReLU():
            return lambda weights, x: mx.maximum(x, 0)
        case Flatten():
            return lambda weights, x: x.reshape(x.shape[0], -1)
    raise Unsupported(f"MLX's adapter has no {type(layer).__name__}")


def _chain(stages: Sequence[Apply], weights: Weights, x: Any) -> Any:
    for stage in stages:
        x = stage(weights, x)
    return x


def _linear(layer: Linear, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    if not layer.bias:
        return lambda weights, x: x @ weights[weight].T
    return lambda weights, x: mx.addmm(weights[bias], x, weights[weight].T)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    mx.eval(list(outputs))


def to_numpy(array: Any) -> Array:
    return np.asarray(array.astype(mx.float32))


if TYPE_CHECKING:
    import frameworks.mlx

    _: Framework = frameworks.mlx

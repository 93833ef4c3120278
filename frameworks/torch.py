"""PyTorch: eager, or compiled by Inductor, on the CPU, on Apple and AMD GPUs (MPS) and on CUDA."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch
from torch import nn

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
from suites.layers import Flatten, Layer, Linear, ReLU, Residual, Sequential
from suites.workload import Forward, Product, Train, Workload

NAME = "torch"


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    device: Any
    dtype: Any
    compiles: bool


_started: _Started


def devices() -> Sequence[Device]:
    found = [Device(id="cpu", kind="cpu", name="cpu")]
    if torch.backends.mps.is_available():
        # Only newer versions can name the GPU.
        get_name = getattr(torch.backends.mps, "get_name", lambda: "mps")
        found.append(Device(id="mps", kind="gpu", name=get_name()))
    for index in range(torch.cuda.device_count()):
        gpu = torch.cuda.get_device_properties(index)
        found.append(Device(f"cuda:{index}", "gpu", gpu.name, gpu.total_memory))
    return found


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    _started = _Started(
        device=torch.device(device.id),
        dtype=getattr(torch, settings.precision),
        compiles=settings.execution == "compile",
    )
    _try_out(device, settings)
    return Runtime(
        versions={"torch": torch.__version__, **installed("numpy", "triton")},
        device=device,
        asynchronous=device.kind == "gpu",
        threads=torch.get_num_threads(),
        notes=_notes(),
        details=torch.__config__.show() + torch.__config__.parallel_info(),
    )


def memory() -> Memory:
    device = _started.device
    if device.type == "cuda":
        return Memory(torch.cuda.memory_allocated(device), torch.cuda.max_memory_allocated(device))
    if device.type == "mps":
        return Memory(torch.mps.current_allocated_memory())
    return Memory()


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs: no such type here, no compiler."""
    drawn = {"dtype": _started.dtype, "device": _started.device}
    smallest = _compiled(lambda a, b: torch.relu(a @ b) + 1)
    try:
        smallest(torch.randn(2, 2, **drawn), torch.randn(2, 2, **drawn))
    except (RuntimeError, TypeError) as error:
        raise refused(device, settings, error) from error


def _notes() -> list[str]:
    notes = []
    if _started.device.type == "cuda":
        notes.append("TF32 is off: float32 products and convolutions are float32.")
    if _started.device.type == "mps" and _started.compiles:
        notes.append("Inductor's code generator for Metal is an early prototype.")
    return notes


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    if _started.compiles:
        # The compiler counts recompilations by code, not by model, and stops after a few.
        torch.compiler.reset()
    if _started.device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(_started.device)
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    if _started.dtype != torch.float32:
        raise Unsupported(FLOAT32_TRAINING)
    return _train(workload, arrays)


def _product(arrays: Arrays) -> Step:
    a, b = _place(arrays.inputs["a"]), _place(arrays.inputs["b"])
    product = _compiled(lambda a, b: a @ b)
    return lambda: {"product": product(a, b)}


def _generated(workload: Product) -> Step:
    m, k, n = workload.m, workload.k, workload.n
    drawn = {"dtype": _started.dtype, "device": _started.device}
    product = _compiled(lambda: torch.randn(m, k, **drawn) @ torch.randn(k, n, **drawn))
    return lambda: {"product": product()}


def _forward(workload: Forward, arrays: Arrays) -> Step:
    model, x = _compiled(_model(workload.model, arrays).eval()), _place(arrays.inputs["x"])

    def step() -> Mapping[str, Any]:
        with torch.inference_mode():
            return {"output": model(x)}

    return step


def _train(workload: Train, arrays: Arrays) -> Step:
    model, x = _model(workload.model, arrays), _place(arrays.inputs["x"])
    labels = torch.tensor(arrays.inputs["labels"], dtype=torch.int64, device=_started.device)
    optimizer = torch.optim.SGD(model.parameters(), lr=workload.optimizer.lr)
    weights = {path: weight.detach() for path, weight in model.named_parameters()}
    forward = _compiled(lambda x, labels: nn.functional.cross_entropy(model(x), labels))

    def step() -> Mapping[str, Any]:
        optimizer.zero_grad()
        loss = forward(x, labels)
        loss.backward()
        optimizer.step()
        return {"loss": loss.detach(), **weights}

    return step


def _compiled(function: Any) -> Any:
    # Without `fullgraph` what cannot be compiled runs eager unnoticed; without `dynamic=False`
    # the second size of a process gets code for any size.
    if not _started.compiles:
        return function
    return torch.compile(function, fullgraph=True, dynamic=False)


def _place(array: Array) -> Any:
    return torch.tensor(array, dtype=_started.dtype, device=_started.device)


# --- layers ---------------------------------------------------------------------------------


def lower(layer: Layer) -> Any:
    """The layer as a module, whose parameters carry the description's paths."""
    match layer:
        case Sequential():
            return nn.Sequential(OrderedDict((name, lower(c)) for name, c in layer.children))
        case Residual():
            return _Residual(lower(layer.body))
        case Linear():
            return nn.Linear(layer.inputs, layer.outputs, bias=layer.bias)
        case ReLU():
            return nn.ReLU()
        case Flatten():
            return nn.Flatten()
    raise Unsupported(f"PyTorch's adapter has no {type(layer).__name__}")


class _Residual(nn.Module):  # type: ignore[misc]
    def __init__(self, body: Any) -> None:
        super().__init__()
        self.body = body

    def forward(self, x: Any) -> Any:
        return x + self.body(x)


def _model(layer: Layer, arrays: Arrays) -> Any:
    model = lower(layer).to(device=_started.device, dtype=_started.dtype)
    model.load_state_dict({path: torch.tensor(array) for path, array in arrays.weights.items()})
    return model


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Waits for everything the device was given; on the CPU a step returns when it has finished."""
    if _started.device.type == "cuda":
        torch.cuda.synchronize(_started.device)
    elif _started.device.type == "mps":
        torch.mps.synchronize()


def to_numpy(array: Any) -> Array:
    host: Array = array.float().cpu().numpy()
    return host


if TYPE_CHECKING:
    import frameworks.torch

    _: Framework = frameworks.torch

"""PyTorch: eager, or compiled by Inductor, on the CPU, on Apple and AMD GPUs (MPS) and on CUDA."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import torch

from frameworks import torch_devices
from frameworks import torch_training as training
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
from frameworks.torch_layers import lower
from frameworks.versions import installed
from suites.arrays import Array, Arrays
from suites.layers import Layer
from suites.workload import Adam, Forward, Learn, Product, Train, Workload

NAME = "torch"


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    id: str
    device: Any
    dtype: Any
    compiles: bool


_started: _Started

devices = torch_devices.devices


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    if settings.threads is not None:
        torch.set_num_threads(settings.threads)
    torch.set_float32_matmul_precision("highest")
    torch.backends.cudnn.allow_tf32 = False
    torch_devices.prepare(device.id)
    _started = _Started(
        id=device.id,
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
        notes=torch_devices.notes(device.id, _started.compiles),
        details=torch_devices.details(device.id)
        + torch.__config__.show()
        + torch.__config__.parallel_info(),
    )


def memory() -> Memory:
    return torch_devices.memory(_started.id)


def compilations() -> int | None:
    """Graphs that `torch.compile` has compiled; eager code is not."""
    if not _started.compiles:
        return None
    from torch._dynamo.utils import counters  # slow to import, and of no use to eager code

    return int(counters["stats"]["unique_graphs"])


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs: no such type here, no compiler."""
    drawn = {"dtype": _started.dtype, "device": _started.device}
    smallest = _compiled(lambda a, b: torch.relu(a @ b) + 1)
    try:
        smallest(torch.randn(2, 2, **drawn), torch.randn(2, 2, **drawn))
    except (RuntimeError, TypeError) as error:
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    if _started.compiles:
        # The compiler counts recompilations by code, not by model, and stops after a few.
        torch.compiler.reset()
    torch_devices.forget_peak(_started.id)
    match workload:
        case Product():
            return _generated(workload) if workload.generated else _product(arrays)
        case Forward():
            return _forward(workload, arrays)
        case Train() | Learn() if _started.dtype != torch.float32:
            raise Unsupported(FLOAT32_TRAINING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"PyTorch's adapter has no {type(workload).__name__}")


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
    model = _compiled(_model(workload.model, arrays).eval())
    batch = _batches(workload, arrays, ("x",))

    def step() -> Mapping[str, Any]:
        with torch.inference_mode():
            return {"output": model(*batch())}

    return step


def _train(workload: Train, arrays: Arrays) -> Step:
    model = _model(workload.model, arrays)
    batch = _batches(workload, arrays, ("x", "labels"))
    optimizer = training.optimizer(model, workload.optimizer)
    loss_of = _compiled(training.loss(model))
    results, moments = training.weights(model), isinstance(workload.optimizer, Adam)

    def step() -> Mapping[str, Any]:
        nonlocal moments
        loss = training.update(optimizer, loss_of(*batch()))
        if moments:  # the first step makes them
            results.update(training.moments(model, optimizer))
            moments = False
        return {"loss": loss, **results}

    return step


def _learn(workload: Learn, arrays: Arrays) -> Step:
    model, resident = _model(workload.model, arrays), workload.inputs == "device"
    weights = training.weights(model)
    initial = {path: weight.clone() for path, weight in weights.items()}
    held = {name: _place(array) if resident else array for name, array in arrays.inputs.items()}
    loss_of, evaluate = _compiled(training.loss(model)), _compiled(training.evaluation(model))

    def step() -> Mapping[str, Any]:
        for path, weight in weights.items():
            weight.copy_(initial[path])
        optimizer = training.optimizer(model, workload.optimizer)
        curves: dict[str, list[Any]] = {"train_loss": [], "test_loss": [], "correct": []}
        for _ in range(workload.epochs):
            model.train()
            losses = []
            for begin in range(0, workload.batches * workload.batch, workload.batch):
                part = slice(begin, begin + workload.batch)
                x, labels = _at_hand(held["x"][part]), _at_hand(held["labels"][part])
                losses.append(training.update(optimizer, loss_of(x, labels)))
            curves["train_loss"].append(torch.stack(losses).mean())
            model.eval()
            with torch.no_grad():
                loss, correct = evaluate(_at_hand(held["test_x"]), _at_hand(held["test_labels"]))
            curves["test_loss"].append(loss)
            curves["correct"].append(correct)
        return {**{name: torch.stack(curve) for name, curve in curves.items()}, **weights}

    return step


def _batches(workload: Forward | Train, arrays: Arrays, names: tuple[str, ...]) -> Any:
    """A function that returns the named inputs of a step on the device."""
    if workload.inputs == "device":
        placed = [_place(arrays.inputs[name]) for name in names]
        return lambda: placed

    def copied() -> list[Any]:
        batch = arrays.batch()
        return [_place(batch[name]) for name in names]

    return copied


def _at_hand(data: Any) -> Any:
    return data if isinstance(data, torch.Tensor) else _place(data)


def _compiled(function: Any) -> Any:
    # Without `fullgraph` what cannot be compiled runs eager unnoticed; without `dynamic=False`
    # the second size of a process gets code for any size.
    if not _started.compiles:
        return function
    return torch.compile(function, fullgraph=True, dynamic=False)


def _model(layer: Layer, arrays: Arrays) -> Any:
    with torch.device("meta"):  # no memory, and no initial values that would be overwritten
        model = lower(layer)
    placed = {path: _place(array) for path, array in arrays.weights.items()}
    model.load_state_dict(placed, assign=True)
    return model


def _place(array: Array) -> Any:
    """A copy on the device; labels and tokens get the framework's own type of index."""
    dtype = _started.dtype if array.dtype.kind == "f" else torch.int64
    placed = torch.tensor(array, dtype=dtype, device=_started.device)
    if placed.dim() == 4 and _started.id == "cpu":
        # Images and kernels as the CPU's convolutions want them, a tenth to a quarter faster.
        return placed.contiguous(memory_format=torch.channels_last)
    return placed


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    torch_devices.synchronize(_started.id)


def to_numpy(array: Any) -> Array:
    host: Array = array.float().cpu().numpy()
    return host


if TYPE_CHECKING:
    import frameworks.torch

    _: Framework = frameworks.torch

"""PyTorch: eager, or compiled by Inductor, on the CPU, on Apple and AMD GPUs (MPS) and on CUDA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, TypeVar

import torch

from frameworks.interface import (
    FLOAT32_LEARNING,
    Device,
    Framework,
    Memory,
    Resettable,
    Runtime,
    Settings,
    Step,
    Unsupported,
    refused,
)
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.versions import build_of, installed
from frameworks.torch import compilations as torch_compiling
from frameworks.torch import devices as torch_devices
from frameworks.torch import mixed, operations, products, training
from frameworks.torch.decoding import Decoder
from frameworks.torch.layers import with_weights
from frameworks.torch.recurrent import in_one_graph, try_out
from suites.data.arrays import Array, Arrays
from suites.layers import masks
from suites.workload import Decode, Forward, Learn, Operation, Product, Train, Workload

NAME = "torch"

T = TypeVar("T")


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    chosen: Device
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
    torch_devices.prepare(device)
    _started = _Started(
        chosen=device,
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
        notes=torch_devices.notes(device, _started.compiles),
        details=torch_devices.details(device)
        + torch.__config__.show()
        + torch.__config__.parallel_info(),
        build=build_of(
            **{name: getattr(torch.version, name, None) for name in ("debug", "cuda", "hip")},
            commit=torch.version.git_version,
        ),
    )


def memory() -> Memory:
    return torch_devices.memory(_started.chosen)


def compilations() -> int | None:
    """Graphs that `torch.compile` has compiled; eager code is not."""
    return torch_compiling.compilations() if _started.compiles else None


def keep(folder: str | None) -> None:
    """Keep what is compiled from now on in the folder, or nothing."""
    if _started.compiles:
        torch_compiling.keep(folder)


def kept() -> int:
    """Programs taken from there so far."""
    return torch_compiling.kept() if _started.compiles else 0


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs: no such type here, no compiler."""
    drawn = {"dtype": _started.dtype, "device": _started.device}
    try:
        smallest = _compiled(lambda a, b: torch.relu(a @ b) + 1)
        smallest(torch.randn(2, 2, **drawn), torch.randn(2, 2, **drawn))
    except (RuntimeError, TypeError, AttributeError) as error:  # before 2.0 it has no compiler
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    if _started.compiles:
        # The compiler counts recompilations by code, not by model, and stops after a few.
        torch.compiler.reset()
    torch_devices.forget_peak(_started.chosen)
    match workload:
        case Product():
            drawn = {"dtype": _started.dtype, "device": _started.device}
            return products.build(workload, arrays, _resident, _compiled, **drawn)
        case Operation():
            given = _started.dtype, _place, _ready, _compiled
            return operations.build(workload.operator, arrays, *given)
        case Forward():
            return _forward(workload, arrays)
        case Decode():
            return _decode(workload, arrays)
        case Learn() if _started.dtype != torch.float32:
            raise Unsupported(FLOAT32_LEARNING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"PyTorch's adapter has no {type(workload).__name__}")


def _forward(workload: Forward, arrays: Arrays) -> Resettable:
    model = _model(workload, arrays).eval()
    infer = _compiled(model, model)
    source = _source(workload, arrays, ("x",))

    def step() -> Mapping[str, Any]:
        with torch.inference_mode():
            return {"output": infer(*source.take())}

    return Resettable(step, source.reset)


def _decode(workload: Decode, arrays: Arrays) -> Resettable:
    shape = (workload.batch, workload.steps)
    model = with_weights(workload.model, shape, _placed(arrays.weights)).eval()
    decoder, source = Decoder(model, workload, _compiled), _source(workload, arrays, ("x",))
    return Resettable(lambda: decoder.decode(*source.take()), source.reset)


def _train(workload: Train, arrays: Arrays) -> Resettable:
    dropped = tuple(masks(workload.model, workload.input_shape))
    model, source = _model(workload, arrays), _source(workload, arrays, ("x", "labels", *dropped))
    recipe = mixed.Recipe(_started.device.type, _started.dtype)
    try_out(model, recipe.autocast())
    updates = training.Updates(model, workload, recipe.scaler())
    loss_of = _compiled(training.loss(model, workload.loss, dropped, recipe.autocast()), model)
    weights, complete = training.weights(model), not workload.optimizer.slots
    results = dict(weights)

    def step() -> Mapping[str, Any]:
        nonlocal complete
        loss = updates.take(loss_of, source.take())
        if not complete:  # the first step makes what the optimizer keeps
            results.update(updates.kept())
            complete = True
        return {"loss": loss, **results}

    def reset(others: Arrays) -> Callable[[], None]:
        exchange, initial = source.reset(others), _ready(_placed(others.weights, torch.float32))

        def swap() -> None:
            exchange()
            training.assign(weights, initial)
            updates.forget()
            _ready(weights)

        return swap

    return Resettable(step, reset)


def _learn(workload: Learn, arrays: Arrays) -> Resettable:
    model, resident = _model(workload, arrays), workload.inputs == "device"
    weights = training.weights(model)
    loss_of = _compiled(training.loss(model, workload.loss), model)
    evaluate = _compiled(training.evaluation(model), model)

    def prepare(arrays: Arrays) -> Callable[[], tuple[Mapping[str, Any], Mapping[str, Any]]]:
        """The weights to begin with, and the data."""
        held = _placed(arrays.inputs) if resident else arrays.inputs
        return going_round([_ready((_placed(arrays.weights), held))])

    source = Source(prepare, arrays)

    def step() -> Mapping[str, Any]:
        initial, held = source.take()
        training.assign(weights, initial)
        updates = training.Updates(model, workload)
        curves: dict[str, list[Any]] = {"train_loss": [], "test_loss": [], "correct": []}
        for _ in range(workload.epochs):
            model.train()
            losses = []
            for begin in range(0, workload.batches * workload.batch, workload.batch):
                part = slice(begin, begin + workload.batch)
                x, labels = _at_hand(held["x"][part]), _at_hand(held["labels"][part])
                losses.append(updates.take(loss_of, (x, labels)))
            curves["train_loss"].append(torch.stack(losses).mean())
            model.eval()
            with torch.no_grad():
                loss, correct = evaluate(_at_hand(held["test_x"]), _at_hand(held["test_labels"]))
            curves["test_loss"].append(loss)
            curves["correct"].append(correct)
        return {**{name: torch.stack(curve) for name, curve in curves.items()}, **weights}

    return Resettable(step, source.reset)


def _source(
    workload: Forward | Train | Decode, arrays: Arrays, names: tuple[str, ...]
) -> Source[list[Any]]:
    """What gives a step its named inputs on the device."""

    def copied(batch: Mapping[str, Array]) -> list[Any]:
        return [_place(batch[name], _held(workload)) for name in names]

    if workload.inputs != "device":
        return Source(lambda arrays: lambda: copied(arrays.batch()), arrays)
    return Source(lambda arrays: going_round(_ready(list(map(copied, ring(arrays))))), arrays)


def _at_hand(data: Any) -> Any:
    return data if isinstance(data, torch.Tensor) else _place(data)


def _compiled(function: Any, model: Any = None) -> Any:
    # Without `fullgraph` what cannot be compiled runs eager unnoticed; without `dynamic=False`
    # the second size of a process gets code for any size.
    if not _started.compiles:
        return function
    whole = model is None or in_one_graph(model)
    return torch.compile(function, fullgraph=whole, dynamic=False)


def _model(workload: Forward | Train | Learn, arrays: Arrays) -> Any:
    placed = _placed(arrays.weights, _held(workload))
    return with_weights(workload.model, workload.input_shape, placed)


def _resident(array: Array) -> Any:
    return _ready(_place(array))


def _held(workload: Workload) -> Any:
    """The type of weights and inputs: a training step casts them itself."""
    return torch.float32 if isinstance(workload, Train) else _started.dtype


def _placed(arrays: Mapping[str, Array], dtype: Any = None) -> dict[str, Any]:
    return {name: _place(array, dtype) for name, array in arrays.items()}


def _ready(placed: T) -> T:
    """The same, when the device has finished what it was given."""
    torch_devices.synchronize(_started.chosen)
    return placed


def _place(array: Array, dtype: Any = None) -> Any:
    return torch_devices.placed(array, dtype or _started.dtype, _started.device)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    torch_devices.synchronize(_started.chosen)


def to_numpy(array: Any) -> Array:
    host: Array = array.float().cpu().numpy()
    return host


if TYPE_CHECKING:
    import frameworks.torch.adapter

    _: Framework = frameworks.torch.adapter

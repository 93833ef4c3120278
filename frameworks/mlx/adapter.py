"""MLX: lazy arrays, compiled or not, on Apple GPUs (Metal), on CUDA and on the CPU."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import mlx.core as mx
import numpy as np

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
from frameworks.mlx import devices as mlx_devices
from frameworks.mlx import operations, products
from frameworks.mlx.decoding import decoder
from frameworks.mlx.images import laid
from frameworks.mlx.images import layout as layout_of
from frameworks.mlx.layers import lower
from frameworks.mlx.training import (
    Batch,
    State,
    arrays_of,
    cross_entropy,
    initial,
    update_of,
    weights_of,
)
from frameworks.shared import channels_last as layouts
from frameworks.shared.batches import Source, data_of, going_round, ring
from frameworks.shared.channels_last import LaidOut, Layout
from frameworks.shared.functional import Weights, channels_first
from frameworks.shared.versions import installed
from suites.data.arrays import Array, Arrays
from suites.layers import parameters
from suites.workload import Decode, Forward, Learn, Operation, Product, Train, Workload

NAME = "mlx"


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    dtype: Any
    compiles: bool
    on_gpu: bool


_started: _Started

devices = mlx_devices.devices


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    on_gpu = device.kind == "gpu"
    if settings.execution == "compile" and not on_gpu and not mlx_devices.has_compiler():
        raise Unsupported("without a working compiler g++, MLX silently runs lazy on the CPU")
    mx.set_default_device(mx.gpu if on_gpu else mx.cpu)
    dtype = getattr(mx, settings.precision)
    _started = _Started(dtype, settings.execution == "compile", on_gpu)
    _try_out(device, settings)
    return Runtime(
        versions={"mlx": mx.__version__, **installed("mlx-metal", "mlx-cpu", "numpy")},
        device=device,
        asynchronous=True,
        notes=mlx_devices.notes(device),
    )


def memory() -> Memory:
    if not _started.on_gpu:
        return Memory()
    return Memory(mx.get_active_memory(), mx.get_peak_memory())


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = _compiled(lambda a, b: mx.maximum(a @ b, 0) + 1)
    try:
        mx.eval(smallest(*(products.drawn(2, 2, _started.dtype) for _ in range(2))))
    except (RuntimeError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    mx.reset_peak_memory()
    match workload:
        case Product():
            return products.build(workload, arrays, _place, _compiled, _started.dtype)
        case Operation():
            return operations.build(workload.operator, arrays, _started.dtype, _compiled)
        case Forward():
            return _forward(workload, arrays)
        case Decode():
            return _decode(workload, arrays)
        case Learn() if _started.dtype != mx.float32:
            raise Unsupported(FLOAT32_LEARNING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"MLX's adapter has no {type(workload).__name__}")


def _forward(workload: Forward, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    weights, model = _weights(arrays, layout, _started.dtype), lower(workload.model, "", layout)
    infer = _compiled(lambda weights, batch: model(weights, batch["x"], None))
    shape = workload.model.output_shape(workload.input_shape)
    return Resettable(
        lambda: {"output": layouts.output(infer(weights, source.take()), shape)}, source.reset
    )


def _decode(workload: Decode, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    weights = _weights(arrays, layout, _started.dtype)
    decode = decoder(workload, layout, _started.dtype, _compiled)
    return Resettable(lambda: decode(weights, source.take()["x"]), source.reset)


def _train(workload: Train, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    state = _initial(workload, arrays, layout)
    update = _compiled(update_of(lower(workload.model, "", layout), workload, _started.dtype))

    def step() -> Mapping[str, Any]:
        nonlocal state
        loss, state = update(state, source.take())
        return {"loss": loss, **layout.results(arrays_of(state))}

    def reset(others: Arrays) -> Callable[[], None]:
        exchange, begun = source.reset(others), _initial(workload, others, layout)

        def swap() -> None:
            nonlocal state
            exchange()
            state = begun

        return swap

    return Resettable(step, reset)


def _learn(workload: Learn, arrays: Arrays) -> Resettable:
    layout, size, on_device = _layout(workload), workload.batch, workload.inputs == "device"
    model = lower(workload.model, "", layout)
    given: Callable[[Any], Batch] = dict if on_device else laid
    train = update_of(model, workload, _started.dtype)

    def prepare(arrays: Arrays) -> Callable[[], tuple[State, Batch, Batch]]:
        """The state to begin with, then training and test data."""
        data, test = data_of(arrays)
        held = (_resident(data), _resident(test)) if on_device else (data, test)
        return going_round([(_initial(workload, arrays, layout), *held)])

    source = Source(prepare, arrays)

    def add(state: State, total: Any, batch: Batch) -> tuple[State, Any]:
        loss, state = train(state, batch)
        return state, total + loss

    def evaluate(weights: Weights, batch: Batch) -> tuple[Any, Any]:
        logits = channels_first(model(weights, batch["x"], None))
        right = mx.argmax(logits, axis=-1) == batch["labels"]
        return cross_entropy(logits, batch["labels"]), mx.sum(right)

    update, evaluation = _compiled(add), _compiled(evaluate)

    def step() -> Mapping[str, Any]:
        (state, data, test), curve = source.take(), []
        for _ in range(workload.epochs):
            total = mx.array(0.0)
            for begin in range(0, workload.batches * size, size):
                batch = {name: array[begin : begin + size] for name, array in data.items()}
                state, total = update(state, total, given(batch))
                mx.async_eval(state, total)  # otherwise the graph of a whole epoch piles up
            curve.append((total / workload.batches, *evaluation(weights_of(state), given(test))))
        names = ("train_loss", "test_loss", "correct")
        points = {n: mx.stack(v) for n, v in zip(names, zip(*curve, strict=True), strict=True)}
        return {**points, **layout.results(weights_of(state))}

    return Resettable(step, source.reset)


def _compiled(function: Any, state: Any = None) -> Any:
    if not _started.compiles:
        return function
    return mx.compile(function, inputs=state, outputs=state)


# --- arrays ---------------------------------------------------------------------------------


def _source(workload: Forward | Train | Decode, arrays: Arrays) -> Source[Batch]:
    """What gives a step its batch on the device."""
    # A training step casts what it was given itself.
    dtype = mx.float32 if isinstance(workload, Train) else _started.dtype
    if workload.inputs != "device":
        return Source(lambda arrays: lambda: laid(arrays.batch(), dtype), arrays)
    return Source(
        lambda arrays: going_round([_resident(batch, dtype) for batch in ring(arrays)]), arrays
    )


def _resident(batch: Mapping[str, Array], dtype: Any = mx.float32) -> Batch:
    """Arrays that lie on the device before the first step."""
    resident = laid(batch, dtype)
    mx.eval(resident)
    return resident


def _layout(workload: Forward | Train | Learn | Decode) -> Layout:
    return layout_of(workload.model, workload.input_shape)


def _weights(arrays: Arrays, layout: Layout, dtype: Any) -> dict[str, Any]:
    return {path: _place(layout.place(path, a), dtype) for path, a in arrays.weights.items()}


def _initial(workload: Train | Learn, arrays: Arrays, layout: Layout) -> State:
    described = parameters(workload.model, workload.input_shape)
    learned = {path for path, parameter in described.items() if parameter.learned}
    state = initial(
        _weights(arrays, layout, mx.float32), learned, workload.optimizer, _started.dtype
    )
    mx.eval(state)
    return state


def _place(array: Array, dtype: Any = None) -> Any:
    placed = mx.array(array).astype(dtype or _started.dtype)
    mx.eval(placed)
    return placed


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    mx.eval([_bare(array) for results in outputs for array in results.values()])


def to_numpy(array: Any) -> Array:
    if isinstance(array, np.ndarray):  # that was on its way back to the host
        return array
    values = np.asarray(_bare(array).astype(mx.float32))
    return array.move.restore(values) if isinstance(array, LaidOut) else values


def _bare(array: Any) -> Any:
    return array.array if isinstance(array, LaidOut) else array


if TYPE_CHECKING:
    import frameworks.mlx.adapter

    _: Framework = frameworks.mlx.adapter

"""JAX: pure functions under `jit`, on the CPU, on Apple GPUs (two plugins) and on CUDA."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np
from jax import lax

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
from frameworks.jax import devices as jax_devices
from frameworks.jax import images, operations, products
from frameworks.jax.compilations import compilations, keep, kept  # noqa: F401  the adapter has them
from frameworks.jax.decoding import decoder
from frameworks.jax.devices import PLATFORMS, statistics
from frameworks.jax.images import KERNEL_AXES
from frameworks.jax.layers import lower
from frameworks.jax.training import Batch, State, evaluation, initial, update_of
from frameworks.shared import channels_last as layouts
from frameworks.shared.batches import Source, data_of, going_round, ring
from frameworks.shared.channels_last import LaidOut, Layout
from frameworks.shared.versions import installed
from suites.data.arrays import Array, Arrays
from suites.layers import parameters
from suites.workload import Decode, Forward, Learn, Operation, Product, Train, Workload

NAME = "jax"


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    device: Any
    dtype: Any
    on_gpu: bool


_started: _Started

devices = jax_devices.devices


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    word, _, index = device.id.partition(":")
    platform, on_gpu = PLATFORMS[word], device.kind == "gpu"
    # As JAX_PLATFORMS would, before the first use: no other platform's memory is then taken, and
    # of two plugins for one GPU the one asked for answers.
    jax.config.update("jax_platforms", f"{platform},cpu" if on_gpu else platform)
    chosen = jax.devices(platform)[int(index or 0)]
    jax.config.update("jax_default_device", chosen)
    if on_gpu and settings.precision == "float32":
        jax.config.update("jax_default_matmul_precision", "highest")
    _started = _Started(chosen, jnp.dtype(settings.precision), on_gpu)
    _try_out(device, settings)
    return Runtime(
        versions={
            "jax": jax.__version__,
            **installed("jaxlib", "numpy", "jax-mps", "jax-metal"),
        },
        device=device,
        asynchronous=jax_devices.dispatches_late(word),
        notes=jax_devices.notes(word, settings.precision),
        details=f"{chosen.client.platform_version}\nJAX_PLATFORMS={jax.config.jax_platforms}",
        build=jax_devices.build(),
    )


def memory() -> Memory:
    """JAX's peak is that of the process, not of the workload under way, so it is left out."""
    if not _started.on_gpu:
        return Memory()
    return Memory(now_bytes=statistics(_started.device).get("bytes_in_use"))


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    drawn = functools.partial(products.drawn, rows=2, columns=2, dtype=_started.dtype)
    smallest = jax.jit(lambda key: drawn(key) @ drawn(key))
    try:
        jax.block_until_ready(smallest(jax.random.PRNGKey(0)))
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    match workload:
        case Product():
            return products.build(workload, arrays, _place, _started.dtype)
        case Operation():
            how = {"dtype": _started.dtype, "on_cpu": not _started.on_gpu}
            return operations.build(workload.operator, arrays, **how)
        case Forward():
            return _forward(workload, arrays)
        case Decode():
            return _decode(workload, arrays)
        case Learn() if _started.dtype != jnp.float32:
            raise Unsupported(FLOAT32_LEARNING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"JAX's adapter has no {type(workload).__name__}")


def _forward(workload: Forward, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    weights, model = _weights(arrays, layout, _started.dtype), lower(workload.model, "", layout)
    infer = jax.jit(lambda weights, batch: model(weights, batch["x"], None))
    shape = workload.model.output_shape(workload.input_shape)
    return Resettable(
        lambda: {"output": layouts.output(infer(weights, source.take()), shape)}, source.reset
    )


def _decode(workload: Decode, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    weights = _weights(arrays, layout, _started.dtype)
    decode = jax.jit(decoder(workload, layout, _started.dtype))
    return Resettable(lambda: decode(weights, source.take()["x"]), source.reset)


def _train(workload: Train, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays)
    state = _initial(workload, arrays, layout)
    # Not donated: several steps are in flight at once, and waiting on donated weights is an error.
    update = jax.jit(update_of(lower(workload.model, "", layout), workload, _started.dtype))

    def step() -> Mapping[str, Any]:
        nonlocal state
        loss, state = update(state, source.take())
        return {"loss": loss, **layout.results(state.arrays())}

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
    model, zero = lower(workload.model, "", layout), jnp.zeros(())
    train, evaluate = update_of(model, workload, _started.dtype), jax.jit(evaluation(model))

    def prepare(arrays: Arrays) -> Callable[[], tuple[State, Batch, Batch]]:
        """The state to begin with, then training and test data."""
        data, test = data_of(arrays)
        held = (_resident(data), _resident(test)) if on_device else (data, test)
        return going_round([(_initial(workload, arrays, layout), *held)])

    source = Source(prepare, arrays)

    def batch(data: Batch, begin: int) -> tuple[Batch, int]:
        """Arrays on the device, and where in them the batch begins."""
        if on_device:
            return data, begin
        return _copied({name: array[begin : begin + size] for name, array in data.items()}), 0

    @jax.jit  # type: ignore[untyped-decorator]
    def update(state: State, total: Any, data: Batch, begin: Any) -> tuple[State, Any]:
        cut = {name: lax.dynamic_slice_in_dim(x, begin, size) for name, x in data.items()}
        loss, state = train(state, cut)
        return state, total + loss

    def step() -> Mapping[str, Any]:
        (state, data, test), curve = source.take(), []
        for _ in range(workload.epochs):
            total = zero
            for begin in range(0, workload.batches * size, size):
                state, total = update(state, total, *batch(data, begin))
            evaluated = evaluate(state.weights(), test if on_device else _copied(test))
            curve.append((total / workload.batches, *evaluated))
        names = ("train_loss", "test_loss", "correct")
        points = {n: jnp.stack(v) for n, v in zip(names, zip(*curve, strict=True), strict=True)}
        return {**points, **layout.results(state.weights())}

    return Resettable(step, source.reset)


# --- arrays ---------------------------------------------------------------------------------


def _source(workload: Forward | Train | Decode, arrays: Arrays) -> Source[Batch]:
    """What gives a step its batch on the device."""
    dtype = _held(workload)
    if workload.inputs != "device":
        return Source(lambda arrays: lambda: _copied(arrays.batch(), dtype), arrays)
    return Source(
        lambda arrays: going_round([_resident(batch, dtype) for batch in ring(arrays)]), arrays
    )


def _held(workload: Workload) -> Any:
    """The type of weights and inputs: a training step casts them itself."""
    return jnp.dtype(jnp.float32) if isinstance(workload, Train | Learn) else _started.dtype


def _resident(batch: Mapping[str, Array], dtype: Any = jnp.float32) -> Batch:
    """Arrays that lie on the device before the first step."""
    resident: Batch = jax.block_until_ready(_copied(batch, dtype))
    return resident


def _copied(batch: Mapping[str, Array], dtype: Any = jnp.float32) -> Batch:
    """The host's arrays on the device, images with their channels last."""
    copied: Batch = images.laid(jax_devices.copied(batch), dtype=dtype)
    return copied


def _layout(workload: Forward | Train | Learn | Decode) -> Layout:
    return layouts.channels_last(workload.model, workload.input_shape, KERNEL_AXES)


def _weights(arrays: Arrays, layout: Layout, dtype: Any) -> dict[str, Any]:
    return {path: _place(layout.place(path, a), dtype) for path, a in arrays.weights.items()}


def _initial(workload: Train | Learn, arrays: Arrays, layout: Layout) -> State:
    described = parameters(workload.model, workload.input_shape)
    learned = {path for path, parameter in described.items() if parameter.learned}
    begun: State = jax.block_until_ready(
        initial(_weights(arrays, layout, jnp.float32), learned, workload.optimizer, _started.dtype)
    )
    return begun


def _place(array: Array, dtype: Any = None) -> Any:
    return jnp.array(array, dtype=dtype or _started.dtype)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    jax.block_until_ready([_bare(array) for results in outputs for array in results.values()])


def to_numpy(array: Any) -> Array:
    values = np.asarray(_bare(array), dtype=np.float32)
    return array.move.restore(values) if isinstance(array, LaidOut) else values


def _bare(array: Any) -> Any:
    return array.array if isinstance(array, LaidOut) else array


if TYPE_CHECKING:
    import frameworks.jax.adapter

    _: Framework = frameworks.jax.adapter

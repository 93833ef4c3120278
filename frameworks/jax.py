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

from frameworks import jax_devices
from frameworks import layout as layouts
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
from frameworks.jax_compiling import compilations  # noqa: F401  the adapter has it
from frameworks.jax_devices import PLATFORMS, statistics
from frameworks.jax_images import KERNEL_AXES, Weights
from frameworks.jax_layers import channels_first, channels_last, lower
from frameworks.jax_training import Batch, State, cross_entropy, initial, update_of
from frameworks.layout import Laid, Layout
from frameworks.versions import installed
from suites.arrays import Array, Arrays
from suites.layers import parameters
from suites.workload import Forward, Learn, Product, Train, Workload

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
    )


def memory() -> Memory:
    """JAX's peak is that of the process, not of the workload under way, so it is left out."""
    if not _started.on_gpu:
        return Memory()
    return Memory(now_bytes=statistics(_started.device).get("bytes_in_use"))


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = jax.jit(lambda key: _drawn(key, 2, 2) @ _drawn(key, 2, 2))
    try:
        jax.block_until_ready(smallest(jax.random.PRNGKey(0)))
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    match workload:
        case Product():
            return _generated(workload) if workload.generated else _product(arrays)
        case Forward():
            return _forward(workload, arrays)
        case Train() | Learn() if _started.dtype != jnp.float32:
            raise Unsupported(FLOAT32_TRAINING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"JAX's adapter has no {type(workload).__name__}")


def _product(arrays: Arrays) -> Step:
    a, b = _place(arrays.inputs["a"]), _place(arrays.inputs["b"])
    product = jax.jit(lambda a, b: a @ b)
    return lambda: {"product": product(a, b)}


def _generated(workload: Product) -> Step:
    def draw(key: Any) -> tuple[Any, Any]:
        key, key_a, key_b = jax.random.split(key, 3)
        a, b = _drawn(key_a, workload.m, workload.k), _drawn(key_b, workload.k, workload.n)
        return key, a @ b

    product, key = jax.jit(draw), jax.random.PRNGKey(0)

    def step() -> Mapping[str, Any]:
        nonlocal key
        key, drawn = product(key)
        return {"product": drawn}

    return step


def _forward(workload: Forward, arrays: Arrays) -> Step:
    layout, batch = _layout(workload), _source(workload, arrays)
    weights, model = _weights(arrays, layout), lower(workload.model, "", layout)
    infer = jax.jit(lambda weights, batch: model(weights, batch["x"], None))
    shape = workload.model.output_shape(workload.input_shape)
    return lambda: {"output": layouts.output(infer(weights, batch()), shape)}


def _train(workload: Train, arrays: Arrays) -> Step:
    layout, batch = _layout(workload), _source(workload, arrays)
    state = _initial(workload, arrays, layout)
    # Not donated: several steps are in flight at once, and waiting on donated weights is an error.
    update = jax.jit(update_of(lower(workload.model, "", layout), workload.optimizer))

    def step() -> Mapping[str, Any]:
        nonlocal state
        loss, state = update(state, batch())
        return {"loss": loss, **layout.results(state.arrays())}

    return step


def _learn(workload: Learn, arrays: Arrays) -> Step:
    layout, inputs, size = _layout(workload), arrays.inputs, workload.batch
    model, start = lower(workload.model, "", layout), _initial(workload, arrays, layout)
    train, zero = update_of(model, workload.optimizer), jnp.zeros(())
    host = {"x": inputs["x"], "labels": inputs["labels"]}
    test = {"x": inputs["test_x"], "labels": inputs["test_labels"]}
    on_device = workload.inputs == "device"
    resident, kept = (_copied(host), _copied(test)) if on_device else (None, None)

    def batch(begin: int) -> tuple[Batch, int]:
        """Arrays on the device, and where in them the batch begins."""
        if resident:
            return resident, begin
        return _copied({name: array[begin : begin + size] for name, array in host.items()}), 0

    @jax.jit  # type: ignore[untyped-decorator]
    def update(state: State, total: Any, data: Batch, begin: Any) -> tuple[State, Any]:
        cut = {name: lax.dynamic_slice_in_dim(x, begin, size) for name, x in data.items()}
        loss, state = train(state, cut)
        return state, total + loss

    @jax.jit  # type: ignore[untyped-decorator]
    def evaluate(weights: Weights, data: Batch) -> tuple[Any, Any]:
        logits = channels_first(model(weights, data["x"], None))
        right = jnp.argmax(logits, axis=-1) == data["labels"]
        return cross_entropy(logits, data["labels"]), jnp.sum(right)

    def step() -> Mapping[str, Any]:
        state, curve = start, []
        for _ in range(workload.epochs):
            total = zero
            for begin in range(0, workload.batches * size, size):
                state, total = update(state, total, *batch(begin))
            evaluated = evaluate(state.weights(), kept or _copied(test))
            curve.append((total / workload.batches, *evaluated))
        names = ("train_loss", "test_loss", "correct")
        points = {n: jnp.stack(v) for n, v in zip(names, zip(*curve, strict=True), strict=True)}
        return {**points, **layout.results(state.weights())}

    return step


# --- arrays ---------------------------------------------------------------------------------


def _source(workload: Forward | Train, arrays: Arrays) -> Callable[[], Batch]:
    """What gives a step its batch on the device."""
    if workload.inputs != "device":
        return lambda: _copied(arrays.batch())
    resident = _copied(arrays.inputs)
    return lambda: resident


def _copied(batch: Mapping[str, Array]) -> Batch:
    """The host's arrays on the device, images with their channels last."""
    copied: Batch = _laid(jax.device_put(dict(batch), may_alias=False), dtype=_started.dtype)
    return copied


@functools.partial(jax.jit, static_argnames="dtype")
def _laid(batch: Batch, dtype: Any) -> Batch:
    def laid(x: Any) -> Any:
        moved = channels_last(x)
        return moved if jnp.issubdtype(x.dtype, jnp.integer) else moved.astype(dtype)

    return {name: laid(x) for name, x in batch.items()}


def _layout(workload: Forward | Train | Learn) -> Layout:
    return layouts.channels_last(workload.model, workload.input_shape, KERNEL_AXES)


def _weights(arrays: Arrays, layout: Layout) -> dict[str, Any]:
    return {path: _place(layout.place(path, array)) for path, array in arrays.weights.items()}


def _initial(workload: Train | Learn, arrays: Arrays, layout: Layout) -> State:
    described = parameters(workload.model, workload.input_shape)
    learned = {path for path, parameter in described.items() if parameter.learned}
    return initial(_weights(arrays, layout), learned, workload.optimizer)


def _place(array: Array) -> Any:
    return jnp.array(array, dtype=_started.dtype)


def _drawn(key: Any, rows: int, columns: int) -> Any:
    return jax.random.normal(key, (rows, columns), dtype=_started.dtype)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    jax.block_until_ready([_bare(array) for results in outputs for array in results.values()])


def to_numpy(array: Any) -> Array:
    values = np.asarray(_bare(array), dtype=np.float32)
    return array.move.restore(values) if isinstance(array, Laid) else values


def _bare(array: Any) -> Any:
    return array.array if isinstance(array, Laid) else array


if TYPE_CHECKING:
    import frameworks.jax

    _: Framework = frameworks.jax

"""TensorFlow: graph functions, XLA or eager, on the CPU, on Metal (its plugin) and on CUDA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
import tensorflow as tf

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
from frameworks.shared import channels_last as layouts
from frameworks.shared.batches import Source, going_round, ring
from frameworks.shared.channels_last import LaidOut, Layout
from frameworks.tf import devices as tf_devices
from frameworks.tf import operations, products
from frameworks.tf.compilations import compilations, graph  # noqa: F401  the adapter has it
from frameworks.tf.convolutions import DEPTHWISE_AXES, KERNEL_AXES
from frameworks.tf.decoding import Decoder
from frameworks.tf.layers import Apply, Model, lower
from frameworks.tf.moving import channels_last
from frameworks.tf.training import Training, evaluation
from suites.data.arrays import Array, Arrays
from suites.layers import masks
from suites.workload import Decode, Forward, Learn, Operation, Product, Train, Workload

NAME = "tf"

T = TypeVar("T")


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    dtype: Any
    execution: str
    on_gpu: bool


_started: _Started

devices = tf_devices.devices


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    tf_devices.choose(device, settings)
    _started = _Started(tf.as_dtype(settings.precision), settings.execution, device.kind == "gpu")
    _try_out(device, settings)
    return Runtime(
        versions=tf_devices.versions(),
        device=device,
        asynchronous=_started.on_gpu,
        threads=tf.config.threading.get_intra_op_parallelism_threads() or None,
        notes=tf_devices.notes(device, settings),
        details=tf_devices.details(),
        build=tf_devices.build(),
    )


def memory() -> Memory:
    return tf_devices.memory() if _started.on_gpu else Memory()


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = _compiled(products.drawn(_started.dtype, (2, 2), (2, 2)))
    try:
        smallest()
    except (tf.errors.OpError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step | Resettable:
    if _started.on_gpu:
        tf_devices.forget_peak()
    match workload:
        case Product():
            return products.build(workload, arrays, _resident, _compiled, _started.dtype)
        case Operation():
            how = _started.dtype, _started.on_gpu, _started.execution == "xla"
            return operations.build(workload.operator, arrays, _place, _ready, _compiled, *how)
        case Forward():
            return _forward(workload, arrays)
        case Decode():
            return _decode(workload, arrays)
        case Learn() if _started.dtype != tf.float32:
            raise Unsupported(FLOAT32_LEARNING)
        case Train():
            return _train(workload, arrays)
        case Learn():
            return _learn(workload, arrays)
    raise Unsupported(f"TensorFlow's adapter has no {type(workload).__name__}")


def _forward(workload: Forward, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays, ("x",))
    variables = _variables(arrays, layout, _started.dtype)
    model = _compiled(_lowered(workload, layout, variables))
    shape = workload.model.output_shape(workload.input_shape)
    return Resettable(
        lambda: {"output": layouts.output(model(*source.take()), shape)}, source.reset
    )


def _decode(workload: Decode, arrays: Arrays) -> Resettable:
    layout, source = _layout(workload), _source(workload, arrays, ("x",))
    model = _shared(_variables(arrays, layout, _started.dtype), layout)
    decoder = Decoder(workload, model, _started.dtype, _compiled)
    return Resettable(lambda: decoder.decode(*source.take()), source.reset)


def _train(workload: Train, arrays: Arrays) -> Resettable:
    layout, dropped = _layout(workload), masks(workload.model, workload.input_shape)
    source = _source(workload, arrays, ("x", "labels", *dropped))
    variables, lowered = _variables(arrays, layout), partial(_lowered, workload, layout)
    training = Training(workload, variables, lowered, _started.dtype)
    update, results = _compiled(training.update), layout.results(training.results())

    def reset(others: Arrays) -> Callable[[], None]:
        exchange, initial = source.reset(others), _ready(_weights(others, layout))

        def swap() -> None:
            exchange()
            training.reset(initial)
            _ready(training.results())

        return swap

    return Resettable(lambda: {"loss": update(*source.take()), **results}, reset)


def _learn(workload: Learn, arrays: Arrays) -> Resettable:
    layout = _layout(workload)
    variables, lowered = _variables(arrays, layout), partial(_lowered, workload, layout)
    training = Training(workload, variables, lowered, _started.dtype)
    evaluate = _compiled(evaluation(_lowered(workload, layout, variables)))
    update, results = _epoch(workload, training), layout.results(variables)

    def prepare(arrays: Arrays) -> Callable[[], tuple[Any, Any, Any]]:
        """The weights to begin with, then batches and test data."""
        initial = _ready(_weights(arrays, layout))
        return going_round([(initial, _batches(workload, arrays), _tests(workload, arrays))])

    source = Source(prepare, arrays)

    def step() -> Mapping[str, Any]:
        initial, batches, tests = source.take()
        training.reset(initial)
        curve = []
        for _ in range(workload.epochs):
            losses = [update(batches, index) for index in range(workload.batches)]
            curve.append((tf.reduce_mean(tf.stack(losses)), *evaluate(*tests())))
        names = ("train_loss", "test_loss", "correct")
        points = zip(names, map(tf.stack, zip(*curve, strict=True)), strict=True)
        return {**dict(points), **results}

    return Resettable(step, source.reset)


def _batches(workload: Learn, arrays: Arrays) -> Any:
    """Of an epoch: each as it lies on the host, or on the device x and labels [batches, ...]."""
    cuts = [slice(i * workload.batch, (i + 1) * workload.batch) for i in range(workload.batches)]
    batches = [[arrays.inputs[name][cut] for name in ("x", "labels")] for cut in cuts]
    if workload.inputs != "device":
        return batches
    return _ready([tf.stack(list(map(_copied, parts))) for parts in zip(*batches, strict=True)])


def _tests(workload: Learn, arrays: Arrays) -> Callable[[], list[Any]]:
    def copied() -> list[Any]:
        return [_copied(arrays.inputs[name]) for name in ("test_x", "test_labels")]

    return going_round([_ready(copied())]) if workload.inputs == "device" else copied


def _epoch(workload: Learn, training: Training) -> Callable[[Any, int], Any]:
    """The training step on the batch of that number."""
    if workload.inputs != "device":
        update = _compiled(training.update)
        return lambda batches, index: update(*map(_copied, batches[index]))
    # Numbers as tensors: for every Python number a function is compiled anew.
    indices = [tf.constant(index) for index in range(workload.batches)]
    update = _compiled(lambda x, labels, index: training.update(x[index], labels[index]))
    return lambda batches, index: update(*batches, indices[index])


def _lowered(workload: Any, layout: Layout, variables: Any, given: Any = None) -> Apply:
    """The model in training with these masks, or in inference."""
    return lower(workload.model, "", _shared(variables, layout, given))


def _shared(variables: Any, layout: Layout, given: Any = None) -> Model:
    return Model(variables, layout, given, not _started.on_gpu, _started.execution == "xla")


def _compiled(function: Any) -> Any:
    if _started.execution == "eager":
        return function
    return graph(function, xla=_started.execution == "xla")


# --- arrays ---------------------------------------------------------------------------------


def _source(workload: Any, arrays: Arrays, names: Sequence[str]) -> Source[Any]:
    """What gives a step its named inputs on the device."""

    def copied(batch: Mapping[str, Array]) -> Sequence[Any]:
        return [_copied(batch[name], _held(workload)) for name in names]

    if workload.inputs != "device":
        return Source(lambda arrays: lambda: copied(arrays.batch()), arrays)
    return Source(
        lambda arrays: going_round([_ready(copied(batch)) for batch in ring(arrays)]), arrays
    )


def _held(workload: Workload) -> Any:
    """The type of weights and inputs: a training step casts them itself."""
    return tf.float32 if isinstance(workload, Train) else _started.dtype


def _copied(array: Array, dtype: Any = None) -> Any:
    """The host's array on the device: images with their channels last, integers as they are."""
    return tf.constant(array) if array.dtype.kind in "iu" else channels_last(_place(array, dtype))


def _resident(array: Array) -> Any:
    return _ready(_place(array))


def _place(array: Array, dtype: Any = None) -> Any:
    return tf.cast(tf.constant(array), dtype or _started.dtype)


def _layout(workload: Forward | Train | Learn | Decode) -> Layout:
    return layouts.channels_last(
        workload.model, workload.input_shape, KERNEL_AXES, DEPTHWISE_AXES, inputs_first=True
    )


def _variables(arrays: Arrays, layout: Layout, dtype: Any = tf.float32) -> dict[str, Any]:
    # One after the other, or all would lie on the device twice: a variable copies.
    return {p: tf.Variable(_place(layout.place(p, a), dtype)) for p, a in arrays.weights.items()}


def _weights(arrays: Arrays, layout: Layout, dtype: Any = tf.float32) -> dict[str, Any]:
    return {path: _place(layout.place(path, a), dtype) for path, a in arrays.weights.items()}


def _ready(placed: T) -> T:
    """The same arrays, when they lie on the device."""
    if _started.on_gpu:
        tf_devices.touch(tf.nest.flatten(placed))
    return placed


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Fetches a value that depends on every result of the last step: a GPU runs in order, so
    earlier ones have finished too. On the CPU every way of running returns when it has finished."""
    if _started.on_gpu:
        tf_devices.touch([_bare(array) for array in outputs[-1].values()])


def to_numpy(array: Any) -> Array:
    values = np.asarray(_bare(array).numpy(), dtype=np.float32)
    return array.move.restore(values) if isinstance(array, LaidOut) else values


def _bare(array: Any) -> Any:
    return array.array if isinstance(array, LaidOut) else array


if TYPE_CHECKING:
    import frameworks.tf.adapter

    _: Framework = frameworks.tf.adapter

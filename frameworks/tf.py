"""TensorFlow: graph functions, XLA or eager, on the CPU, on Metal (its plugin) and on CUDA."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import tensorflow as tf

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

NAME = "tf"

Apply = Callable[[Any], Any]


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    dtype: Any
    execution: str
    on_gpu: bool


_started: _Started
_placement = contextlib.ExitStack()


def devices() -> Sequence[Device]:
    found = [Device(id="cpu", kind="cpu", name="cpu")]
    for index, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        name = tf.config.experimental.get_device_details(gpu).get("device_name")
        if name == "METAL":  # which GPU that is stands only in a line the plugin prints
            found.append(Device(f"metal:{index}", "gpu", f"metal:{index}"))
        else:
            found.append(Device(f"cuda:{index}", "gpu", name or f"cuda:{index}"))
    return found


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    backend, _, index = device.id.partition(":")
    if backend == "metal" and settings.execution == "xla":
        raise Unsupported("TensorFlow's Metal plugin has no XLA compiler")
    on_gpu = device.kind == "gpu"
    gpus = [tf.config.list_physical_devices("GPU")[int(index)]] if on_gpu else []
    tf.config.set_visible_devices(gpus, "GPU")
    tf.config.set_soft_device_placement(False)  # an operation the GPU lacks must not move quietly
    tf.config.experimental.enable_tensor_float_32_execution(False)
    if settings.threads is not None:
        tf.config.threading.set_intra_op_parallelism_threads(settings.threads)
        tf.config.threading.set_inter_op_parallelism_threads(1)
    # Entered for good: a context in every eager step would cost as much as a small operation.
    _placement.enter_context(tf.device("/GPU:0" if on_gpu else "/CPU:0"))
    _started = _Started(tf.as_dtype(settings.precision), settings.execution, on_gpu)
    _try_out(device, settings)
    return Runtime(
        versions={
            "tensorflow": tf.__version__,
            **installed("numpy", "keras", "tensorflow-metal"),
        },
        device=device,
        asynchronous=on_gpu,
        threads=tf.config.threading.get_intra_op_parallelism_threads() or None,
        notes=_notes(backend, settings),
        details=json.dumps({"compiler": tf.version.COMPILER_VERSION} | _build_info()),
    )


def memory() -> Memory:
    if not _started.on_gpu:
        return Memory()
    try:
        info = tf.config.experimental.get_memory_info("GPU:0")
    except ValueError:  # Metal's allocator keeps no count
        return Memory()
    return Memory(info["current"], info["peak"])


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = _compiled(lambda: tf.matmul(_drawn(2, 2), _drawn(2, 2)))
    try:
        smallest()
    except (tf.errors.OpError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


def _notes(backend: str, settings: Settings) -> list[str]:
    notes = []
    if backend == "cuda":
        notes.append("TF32 is off: float32 products and convolutions are float32.")
    if settings.threads is not None:
        notes.append("One operation runs at a time (inter-op threads 1), on the threads given.")
    return notes


def _build_info() -> dict[str, str]:
    return {name: str(value) for name, value in tf.sysconfig.get_build_info().items()}


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    if _started.on_gpu:
        with contextlib.suppress(ValueError):  # Metal's allocator keeps no count
            tf.config.experimental.reset_memory_stats("GPU:0")
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    if _started.dtype != tf.float32:
        raise Unsupported(FLOAT32_TRAINING)
    return _train(workload, arrays)


def _product(arrays: Arrays) -> Step:
    a, b = _place(arrays.inputs["a"]), _place(arrays.inputs["b"])
    product = _compiled(lambda a, b: tf.matmul(a, b))
    return lambda: {"product": product(a, b)}


def _generated(workload: Product) -> Step:
    m, k, n = workload.m, workload.k, workload.n
    product = _compiled(lambda: tf.matmul(_drawn(m, k), _drawn(k, n)))
    return lambda: {"product": product()}


def _forward(workload: Forward, arrays: Arrays) -> Step:
    x, weights = _place(arrays.inputs["x"]), _variables(arrays)
    model = _compiled(lower(workload.model, weights, ""))
    return lambda: {"output": model(x)}


def _train(workload: Train, arrays: Arrays) -> Step:
    x, labels = _place(arrays.inputs["x"]), tf.constant(arrays.inputs["labels"])
    weights = _variables(arrays)
    model, lr = lower(workload.model, weights, ""), workload.optimizer.lr

    def train(x: Any, labels: Any) -> Any:
        with tf.GradientTape() as tape:
            losses = tf.nn.sparse_softmax_cross_entropy_with_logits(labels, model(x))
            loss = tf.reduce_mean(losses)
        gradients = tape.gradient(loss, weights)
        for path, weight in weights.items():
            weight.assign_sub(lr * gradients[path], read_value=False)
        return loss

    update = _compiled(train)
    return lambda: {"loss": update(x, labels), **weights}


def _compiled(function: Any) -> Any:
    if _started.execution == "eager":
        return function
    # Autograph rewrites Python control flow; there is none.
    return tf.function(function, autograph=False, jit_compile=_started.execution == "xla")


def _place(array: Array) -> Any:
    return tf.cast(tf.constant(array), _started.dtype)


def _drawn(rows: int, columns: int) -> Any:
    return tf.random.normal((rows, columns), dtype=_started.dtype)


def _variables(arrays: Arrays) -> dict[str, Any]:
    return {path: tf.Variable(_place(array)) for path, array in arrays.weights.items()}


# --- layers ---------------------------------------------------------------------------------


def lower(layer: Layer, weights: Mapping[str, Any], path: str) -> Apply:
    """The layer as a function of its input, with its variables bound."""
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
            return lambda x: tf.nn.relu(x)
        case Flatten():
            return lambda x: tf.reshape(x, (x.shape[0], -1))
    raise Unsupported(f"TensorFlow's adapter has no {type(layer).__name__}")


def _chain(stages: Sequence[Apply], x: Any) -> Any:
    for stage in stages:
        x = stage(x)
    return x


def _linear(layer: Linear, weights: Mapping[str, Any], path: str) -> Apply:
    weight = weights[join(path, "weight")]
    if not layer.bias:
        return lambda x: tf.matmul(x, weight, transpose_b=True)
    bias = weights[join(path, "bias")]
    return lambda x: tf.nn.bias_add(tf.matmul(x, weight, transpose_b=True), bias)


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    """Fetches a value that depends on every result of the last step.

    A GPU runs what it is given in order, so earlier steps have then finished too; touching each of
    their results would cost more than small steps do. On the CPU every way of running returns
    when it has finished.
    """
    if _started.on_gpu:
        _touched(list(outputs[-1].values())).numpy()


def to_numpy(array: Any) -> Array:
    return np.asarray(array.numpy(), dtype=np.float32)


@tf.function(autograph=False)  # type: ignore[untyped-decorator]
def _touched(results: Sequence[Any]) -> Any:
    return tf.add_n([tf.cast(tf.reshape(result, (-1,))[0], tf.float32) for result in results])


if TYPE_CHECKING:
    import frameworks.tf

    _: Framework = frameworks.tf

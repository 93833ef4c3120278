"""TensorFlow's devices: found, chosen so that nothing moves quietly, and their memory read."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Sequence
from typing import Any

import tensorflow as tf

from frameworks.interface import Backend, Device, Memory, Settings, Unsupported
from frameworks.shared import metal
from frameworks.shared.versions import build_of, installed

_FIRST_USE = "import tensorflow as tf; tf.config.list_logical_devices('GPU')"
"""A program in which the Metal plugin prints which GPU it takes."""

_placement = contextlib.ExitStack()


def devices() -> Sequence[Device]:
    """The CPU, and the GPUs of Metal's plugin, of CUDA or of ROCm."""
    found = [Device(id="cpu", kind="cpu", name="cpu")]
    # Built with ROCm it calls AMD's GPUs by the same words.
    backend: Backend = "rocm" if tf.test.is_built_with_rocm() else "cuda"
    for index, gpu in enumerate(tf.config.list_physical_devices("GPU")):
        name = tf.config.experimental.get_device_details(gpu).get("device_name")
        if name == "METAL":  # the plugin says so of every GPU
            # The line tells of the first alone.
            named = None if index else metal.device_name(metal.printed(_FIRST_USE))
            found.append(Device(f"metal:{index}", "gpu", named or f"metal:{index}"))
        else:
            found.append(Device(f"cuda:{index}", "gpu", name or f"cuda:{index}", None, backend))
    return found


def choose(device: Device, settings: Settings) -> None:
    """Have everything run on the device and nothing beside it, on the threads given.

    Raises Unsupported.
    """
    index = device.id.partition(":")[2]
    if device.backend == "metal" and settings.execution == "xla":
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


def notes(device: Device, settings: Settings) -> list[str]:
    """What a reader of this device's figures must know."""
    found = []
    if device.backend == "metal":
        found.append("What the Metal plugin lacks fails and never moves to the CPU.")
    if device.backend == "cuda":
        found.append("TF32 is off: float32 products and convolutions are float32.")
    if settings.threads is not None:
        found.append("One operation runs at a time (inter-op threads 1), on the threads given.")
    return found


def details() -> str:
    """How TensorFlow was built, as JSON."""
    told = {name: str(value) for name, value in tf.sysconfig.get_build_info().items()}
    return json.dumps({"compiler": tf.version.COMPILER_VERSION} | told)


def versions() -> dict[str, str]:
    """TensorFlow's, and of what decides its figures."""
    return {"tensorflow": tf.__version__, **installed("numpy", "keras", "tensorflow-metal")}


def build() -> dict[str, str]:
    """What tells this build from another of the same version."""
    return build_of(commit=tf.version.GIT_VERSION, compiler=tf.version.COMPILER_VERSION)


def touch(results: Sequence[Any]) -> None:
    """Fetch a value that depends on all of these."""
    _touched(results).numpy()


@tf.function(autograph=False)  # type: ignore[untyped-decorator]
def _touched(results: Sequence[Any]) -> Any:
    return tf.add_n([tf.cast(tf.reshape(result, (-1,))[0], tf.float32) for result in results])


def forget_peak() -> None:
    """Let the peak of the GPU's memory begin anew, where there is one."""
    with contextlib.suppress(ValueError):  # Metal's allocator keeps no count
        tf.config.experimental.reset_memory_stats("GPU:0")


def memory() -> Memory:
    """Bytes of the GPU chosen."""
    try:
        info = tf.config.experimental.get_memory_info("GPU:0")
    except ValueError:  # Metal's allocator keeps no count
        return Memory()
    return Memory(info["current"], info["peak"])

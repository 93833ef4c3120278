"""JAX: pure functions under `jit`, on the CPU, on Apple GPUs (two plugins) and on CUDA."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import jax
import jax.numpy as jnp
import numpy as np

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

NAME = "jax"

Weights = Mapping[str, Any]
Apply = Callable[[Weights, Any], Any]

PLATFORMS = {"cpu": "cpu", "mps": "mps", "metal": "METAL", "cuda": "cuda"}
"""JAX's own platform names: `mps` is the plugin jax-mps, `METAL` the abandoned jax-metal."""


# --- device ---------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Started:
    device: Any
    dtype: Any
    on_gpu: bool


_started: _Started


def devices() -> Sequence[Device]:
    return [
        _describe(word, index, device)
        for word, platform in PLATFORMS.items()
        for index, device in enumerate(_found(platform))
    ]


def start(device: Device, settings: Settings) -> Runtime:
    global _started
    word, _, index = device.id.partition(":")
    platform, on_gpu = PLATFORMS[word], device.kind == "gpu"
    # Before the first use of a device: no other platform's memory is then taken.
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
        asynchronous=True,
        notes=_notes(word, settings),
        details=str(chosen.client.platform_version),
    )


def memory() -> Memory:
    """JAX's peak is that of the process, not of the workload under way, so it is left out."""
    if not _started.on_gpu:
        return Memory()
    return Memory(now_bytes=_statistics(_started.device).get("bytes_in_use"))


def _found(platform: str) -> Sequence[Any]:
    try:
        found: Sequence[Any] = jax.devices(platform)
    except RuntimeError:  # not installed, or installed without such a device
        return ()
    return found


def _describe(word: str, index: int, device: Any) -> Device:
    if word == "cpu":
        return Device(id="cpu", kind="cpu", name="cpu")
    device_id = word if word == "mps" else f"{word}:{index}"
    if word == "cuda":
        limit = _statistics(device).get("bytes_limit")
        return Device(device_id, "gpu", device.device_kind, limit)
    return Device(device_id, "gpu", device_id)  # both plugins call every GPU by one name


def _statistics(device: Any) -> dict[str, int]:
    try:
        statistics: dict[str, int] | None = device.memory_stats()
    except RuntimeError:  # a plugin without them
        return {}
    return statistics or {}


def _try_out(device: Device, settings: Settings) -> None:
    """Raises Unsupported if not even the smallest work runs."""
    smallest = jax.jit(lambda key: _drawn(key, 2, 2) @ _drawn(key, 2, 2))
    try:
        jax.block_until_ready(smallest(jax.random.PRNGKey(0)))
    except (RuntimeError, NotImplementedError, TypeError, ValueError) as error:
        raise refused(device, settings, error) from error


def _notes(word: str, settings: Settings) -> list[str]:
    notes = []
    if word == "cuda" and settings.precision == "float32":
        notes.append("Matrix products at precision `highest`: float32, not TF32.")
    if word == "mps":
        notes.append(
            "jax-mps runs on MLX and ends every call before it returns, "
            "unless JAX_MPS_ASYNC_DISPATCH=1."
        )
    if word == "metal":
        notes.append("jax-metal is abandoned by its vendor.")
    return notes


# --- work -----------------------------------------------------------------------------------


def build(workload: Workload, arrays: Arrays) -> Step:
    if isinstance(workload, Product):
        return _generated(workload) if workload.generated else _product(arrays)
    if isinstance(workload, Forward):
        return _forward(workload, arrays)
    if _started.dtype != jnp.float32:
        raise Unsupported(FLOAT32_TRAINING)
    return _train(workload, arrays)


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
    x, weights = _place(arrays.inputs["x"]), _weights(arrays)
    model = jax.jit(lower(workload.model, ""))
    return lambda: {"output": model(weights, x)}


def _train(workload: Train, arrays: Arrays) -> Step:
    x, labels = _place(arrays.inputs["x"]), jnp.array(arrays.inputs["labels"])
    model, lr = lower(workload.model, ""), workload.optimizer.lr
    weights = _weights(arrays)

    def loss(weights: Weights, x: Any, labels: Any) -> Any:
        return _cross_entropy(model(weights, x), labels)

    # Not donated: several steps are in flight at once, and waiting on donated weights is an error.
    @jax.jit  # type: ignore[untyped-decorator]
    def update(weights: Weights, x: Any, labels: Any) -> tuple[Any, Weights]:
        value, gradients = jax.value_and_grad(loss)(weights, x, labels)
        return value, jax.tree.map(lambda w, g: w - lr * g, weights, gradients)

    def step() -> Mapping[str, Any]:
        nonlocal weights
        value, weights = update(weights, x, labels)
        return {"loss": value, **weights}

    return step


def _cross_entropy(logits: Any, labels: Any) -> Any:
    """Mean over the batch of -log softmax(logits)[label]."""
    log_probabilities = jax.nn.log_softmax(logits)
    return -jnp.mean(jnp.take_along_axis(log_probabilities, labels[:, None], axis=1))


def _place(array: Array) -> Any:
    return jnp.array(array, dtype=_started.dtype)


def _drawn(key: Any, rows: int, columns: int) -> Any:
    return jax.random.normal(key, (rows, columns), dtype=_started.dtype)


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
            return lambda weights, x: jax.nn.relu(x)
        case Flatten():
            return lambda weights, x: x.reshape(x.shape[0], -1)
    raise Unsupported(f"JAX's adapter has no {type(layer).__name__}")


def _chain(stages: Sequence[Apply], weights: Weights, x: Any) -> Any:
    for stage in stages:
        x = stage(weights, x)
    return x


def _linear(layer: Linear, path: str) -> Apply:
    weight, bias = join(path, "weight"), join(path, "bias")
    if not layer.bias:
        return lambda weights, x: x @ weights[weight].T
    return lambda weights, x: x @ weights[weight].T + weights[bias]


# --- results --------------------------------------------------------------------------------


def wait(outputs: Sequence[Mapping[str, Any]]) -> None:
    jax.block_until_ready(outputs)


def to_numpy(array: Any) -> Array:
    return np.asarray(array, dtype=np.float32)


if TYPE_CHECKING:
    import frameworks.jax

    _: Framework = frameworks.jax

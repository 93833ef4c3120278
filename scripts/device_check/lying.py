"""Runs inside a worker: an honest adapter made to lie, whatever its framework. NumPy alone."""

from __future__ import annotations

import dataclasses
import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np

from frameworks.interface import Device, Memory, Resettable, Runtime, Settings, parts
from suites.data.arrays import Arrays
from suites.workload import Forward, Product, Workload

FUNCTIONS = ("devices", "start", "build", "wait", "to_numpy", "memory")
OPTIONAL = ("compilations", "keep", "kept")

FACTOR = 1.05
"""By which one gradient is wrong."""

OPTIMIZED = "_optimized"
"""What JAX's training calls with the gradients."""

PART = 10
"""One row of so many is computed."""


def install(into: dict[str, Any], framework: str, lie: str) -> None:
    """Make a module the framework's adapter with this lie."""
    honest = importlib.import_module(f"frameworks.{framework}.adapter")
    into.update({name: getattr(honest, name) for name in FUNCTIONS})
    into.update({name: getattr(honest, name) for name in OPTIONAL if hasattr(honest, name)})
    LIES[lie](into, honest)


# --- waiting and devices --------------------------------------------------------------------


def _never_waits(into: dict[str, Any], honest: Any) -> None:
    into["wait"] = lambda outputs: None


def _waits_first(into: dict[str, Any], honest: Any) -> None:
    into["wait"] = lambda outputs: honest.wait(outputs[:1])


def _on_cpu(into: dict[str, Any], honest: Any) -> None:
    def start(device: Device, settings: Settings) -> Runtime:
        runtime: Runtime = honest.start(Device("cpu", "cpu", "cpu"), settings)
        return dataclasses.replace(runtime, device=device)

    into.update(start=start, memory=Memory)


# --- answers --------------------------------------------------------------------------------


def _tf32(into: dict[str, Any], honest: Any) -> None:
    def start(device: Device, settings: Settings) -> Runtime:
        runtime: Runtime = honest.start(device, settings)
        if honest.NAME == "torch":
            honest.torch.backends.cuda.matmul.allow_tf32 = True
            honest.torch.backends.cudnn.allow_tf32 = True
        else:
            honest.jax.config.update("jax_default_matmul_precision", "tensorfloat32")
        return runtime

    into["start"] = start


def _bfloat16(into: dict[str, Any], honest: Any) -> None:
    into["build"] = _with_arrays(honest, lambda arrays: _each(arrays, _to_bfloat16))


def _to_bfloat16(name: str, array: Any) -> Any:
    """To 8 bits, nearest even."""
    if array.dtype.kind != "f":
        return array
    whole = np.ascontiguousarray(array, dtype=np.float32).view(np.uint32)
    half = np.uint32(0x7FFF) + ((whole >> np.uint32(16)) & np.uint32(1))
    return ((whole + half) & np.uint32(0xFFFF0000)).view(np.float32)


def _tenth_of_rows(into: dict[str, Any], honest: Any) -> None:
    rows = 0  # of the whole product; 0 for other work

    def build(workload: Workload, arrays: Arrays) -> Any:
        nonlocal rows
        if not isinstance(workload, Product) or workload.generated:
            rows = 0
            return honest.build(workload, arrays)
        rows, kept = workload.m, max(1, workload.m // PART)

        def some(arrays: Arrays) -> Arrays:
            return _each(arrays, lambda name, array: array[:kept] if name == "a" else array)

        return _with_arrays(honest, some)(dataclasses.replace(workload, m=kept), arrays)

    def to_numpy(array: Any) -> Any:
        some = honest.to_numpy(array)
        return np.resize(some, (rows, some.shape[1])) if rows else some

    into.update(build=build, to_numpy=to_numpy)


def _with_arrays(honest: Any, changed: Any) -> Any:
    """The honest `build` with other arrays than those it is given."""

    def build(workload: Workload, arrays: Arrays) -> Any:
        step, reset = parts(honest.build(workload, changed(arrays)))
        return Resettable(step, lambda others: reset(changed(others))) if reset else step

    return build


def _each(arrays: Arrays, change: Any) -> Arrays:
    def changed(batch: Mapping[str, Any]) -> dict[str, Any]:
        return {name: change(name, array) for name, array in batch.items()}

    return dataclasses.replace(
        arrays,
        inputs=changed(arrays.inputs),
        weights=changed(arrays.weights),
        ring=tuple(map(changed, arrays.ring)),
    )


def _wrong_gradient(into: dict[str, Any], honest: Any) -> None:
    if honest.NAME == "torch":
        from torch.optim import optimizer as hooks

        hooks.register_optimizer_step_pre_hook(_of_torch)
    else:
        training = importlib.import_module("frameworks.jax.training")
        right = getattr(training, OPTIMIZED)

        def optimized(optimizer: Any, state: Any, gradients: Any) -> Any:
            path = sorted(gradients)[len(gradients) // 2]
            return right(optimizer, state, {**gradients, path: gradients[path] * FACTOR})

        setattr(training, OPTIMIZED, optimized)


def _of_torch(optimizer: Any, args: Any, kwargs: Any) -> None:
    weights = [each for group in optimizer.param_groups for each in group["params"]]
    weights[len(weights) // 2].grad.mul_(FACTOR)


# --- work -----------------------------------------------------------------------------------


def _caches_by_input(into: dict[str, Any], honest: Any) -> None:
    def build(workload: Workload, arrays: Arrays) -> Any:
        step, reset = parts(honest.build(workload, arrays))
        if isinstance(workload, (Product, Forward)) and arrays.ring:
            return _Remembering(step, reset, len(arrays.ring)).built()
        return Resettable(step, reset) if reset else step

    into["build"] = build


class _Remembering:
    """Hands out again what it worked out for the same batch of the ring."""

    def __init__(self, step: Any, reset: Any, batches: int) -> None:
        self._step, self._reset, self._batches = step, reset, batches
        self._known: list[Any] = []
        self._calls = 0

    def built(self) -> Any:
        return Resettable(self._next, self._exchange) if self._reset else self._next

    def _next(self) -> Any:
        if len(self._known) < self._batches:
            self._known.append(self._step())
            return self._known[-1]
        self._calls += 1
        return self._known[(self._calls - 1) % self._batches]

    def _exchange(self, others: Arrays) -> Any:
        swap = self._reset(others)

        def swapped() -> None:
            swap()
            self._known, self._calls, self._batches = [], 0, len(others.ring) or 1

        return swapped


LIES = {
    "never_waits": _never_waits,
    "waits_first": _waits_first,
    "on_cpu": _on_cpu,
    "bfloat16": _bfloat16,
    "tf32": _tf32,
    "tenth_of_rows": _tenth_of_rows,
    "caches_by_input": _caches_by_input,
    "wrong_gradient": _wrong_gradient,
}

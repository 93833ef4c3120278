"""Our figures beside the framework's own timers: same products, alternating in one process.

PYTHON -m scripts.device_check.timers FRAMEWORK DEVICE SECONDS FILE: runs where the framework is,
and adds a line of JSON to the file for each order and timer. Standard library and NumPy alone.
"""

from __future__ import annotations

import importlib
import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from bench.worker import measure
from frameworks import FRAMEWORKS
from frameworks.interface import Settings, parts
from suites import catalog
from suites.data import arrays

ORDERS = {"cpu": (256, 1024), "gpu": (256, 1024, 4096)}
"""Of the products, by kind of device: where dispatch matters, and where it does not."""

TURN_S = 0.15
LEAST_TURNS = 3
QUEUED = 32
"""Products between two waits of a timer of our own making."""

CUDA_EVENTS, EACH = "CUDA events", "jax.block_until_ready after each"
OTHERWISE = (CUDA_EVENTS, EACH)
"""These time something else than ours: the device alone, and all of a product's latency."""

Theirs = Callable[[float], float]
"""Seconds of one product, measured for so long."""


def main(framework: str, device_id: str, seconds: str, path: str) -> None:
    """Each order gets its share of the seconds."""
    adapter = importlib.import_module(f"frameworks.{framework}.adapter")
    device = next(each for each in adapter.devices() if each.id == device_id)
    execution = FRAMEWORKS[framework].executions[0]
    runtime = adapter.start(device, Settings("float32", execution))
    orders = ORDERS[device.kind]
    for n in orders:
        workload = catalog.find("matmul", "standard", f"matmul/square/{n}")
        # One pair of operands, as theirs: not the ring that a run's steps go round.
        made = arrays.Arrays(arrays.make(workload, 0).inputs, {})
        step, _ = parts(adapter.build(workload, made))
        sampler = measure.Sampler(
            step,
            adapter.wait,
            deepest=measure.depth(
                asynchronous=runtime.asynchronous,
                kind=device.kind,
                output_bytes=workload.output_bytes,
            ),
            sample_s=measure.SAMPLE_S[device.kind],
            part_s=measure.PART_S[device.kind],
        )
        sampler.calibrate()
        timers = dict(OF[framework](device_id, made.inputs["a"], made.inputs["b"]))
        for line in _compared(sampler, timers, float(seconds) / len(orders)):
            line |= {"framework": framework, "device": device_id, "order": n}
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(json.dumps(line) + "\n")


def _compared(
    sampler: measure.Sampler, timers: dict[str, Theirs], seconds: float
) -> Iterator[dict[str, Any]]:
    """A line for each timer: medians of both, and of their ratio turn by turn."""
    pairs: dict[str, list[tuple[float, float]]] = {name: [] for name in timers}
    for theirs in timers.values():
        theirs(0.01)  # its first call compiles, or fills caches
    begun, turn = time.perf_counter(), 0
    while turn < LEAST_TURNS or time.perf_counter() - begun < seconds:
        for name, theirs in timers.items():
            # Each goes first in every other turn, so that neither profits from the other's heat.
            before = theirs(TURN_S) if turn % 2 else None
            taken = sampler.take_slice(slice_s=TURN_S, warm_s=0.02, latencies=False)
            pairs[name].append((statistics.median(taken.samples_s), before or theirs(TURN_S)))
        turn += 1
    for name, found in pairs.items():
        ours, other = (statistics.median(column) for column in zip(*found, strict=True))
        ratios = sorted(mine / their for mine, their in found)
        yield {
            "timer": name,
            "ours_s": ours,
            "theirs_s": other,
            "turns": turn,
            "ratio": statistics.median(ratios),
            "low": ratios[0],
            "high": ratios[-1],
        }


# --- their timers ---------------------------------------------------------------------------


def _of_torch(device_id: str, a: Any, b: Any) -> Iterator[tuple[str, Theirs]]:
    import torch

    x, y = (torch.tensor(operand, device=device_id) for operand in (a, b))
    if device_id.startswith("mps"):  # torch.utils.benchmark does not wait for this one
        yield (
            "loop, torch.mps.synchronize",
            _queued(lambda: x @ y, lambda _: torch.mps.synchronize()),
        )
        return
    from torch.utils.benchmark import Timer

    timer = Timer("x @ y", globals={"x": x, "y": y}, num_threads=torch.get_num_threads())
    yield "torch.utils.benchmark", lambda s: timer.blocked_autorange(min_run_time=s).median
    if device_id.startswith("cuda"):
        yield CUDA_EVENTS, _cuda_events(torch, lambda: x @ y)


def _cuda_events(torch: Any, product: Callable[[], Any]) -> Theirs:
    def theirs(seconds: float) -> float:
        taken, begun = [], time.perf_counter()
        while not taken or time.perf_counter() - begun < seconds:
            first, last = (torch.cuda.Event(enable_timing=True) for _ in range(2))
            first.record()
            for _ in range(QUEUED):
                product()
            last.record()
            torch.cuda.synchronize()
            taken.append(first.elapsed_time(last) / 1e3 / QUEUED)
        return statistics.median(taken)

    return theirs


def _of_jax(device_id: str, a: Any, b: Any) -> Iterator[tuple[str, Theirs]]:
    import jax
    import jax.numpy as jnp

    x, y = jnp.array(a), jnp.array(b)  # on the device that the adapter made the default
    product = jax.jit(lambda x, y: x @ y)
    yield "loop, jax.block_until_ready", _queued(lambda: product(x, y), jax.block_until_ready)
    one = lambda: jax.block_until_ready(product(x, y))  # noqa: E731
    yield EACH, _queued(one, lambda _: None)


def _queued(product: Callable[[], Any], wait: Callable[[list[Any]], object]) -> Theirs:
    def theirs(seconds: float) -> float:
        taken, begun = [], time.perf_counter()
        while not taken or time.perf_counter() - begun < seconds:
            before = time.perf_counter()
            wait([product() for _ in range(QUEUED)])
            taken.append((time.perf_counter() - before) / QUEUED)
        return statistics.median(taken)

    return theirs


OF = {"torch": _of_torch, "jax": _of_jax}

if __name__ == "__main__":
    try:
        main(*sys.argv[1:])
    except KeyboardInterrupt:  # its time is over
        sys.exit(130)

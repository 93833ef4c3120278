"""`python -m scripts.memory.case FRAMEWORK EXECUTION SUITE PRESET CASE BATCH`: one row.

Started by `scripts.memory`, in the framework's environment. Exit code 1: the estimate is more than
WITHIN away.
"""

import contextlib
import dataclasses
import gc
import importlib
import os
import sys

from bench.worker import resident_memory
from frameworks.interface import Settings, parts
from suites import catalog
from suites.data import arrays
from suites.layers import Conv2d, Flatten, Linear, ReLU, Sequential, cost
from suites.workload import SGD, Decode, Forward, Train

WITHIN = 0.25
MIB = 2**20
STEPS = 3

WARM_UP = Train(
    suite="memory",
    name="warm_up",
    model=Sequential(Conv2d(3, 8, 3), ReLU(), Flatten(), Linear(8 * 6 * 6, 5)),
    input_shape=(2, 3, 8, 8),
    optimizer=SGD(lr=0.1),
)
"""Loads code and begins threads. It is small, for what a framework keeps of it for the next work
would not be counted: TensorFlow keeps a model's weights."""


def main(framework, execution, suite, preset, case, batch):
    told = importlib.import_module("scripts.memory.xla").accounts() if framework == "jax" else None
    adapter = importlib.import_module(f"frameworks.{framework}.adapter")
    workload = catalog.find(suite, preset, case)
    if int(batch):
        workload = _of(workload, int(batch))
    with _silenced():
        adapter.start(adapter.devices()[0], Settings("float32", execution, 2))
        _peak(adapter, WARM_UP)
        taken = _peak(adapter, workload)
    assert isinstance(workload, Forward | Train | Decode)  # those of the networks' suites
    ring = 4 * (arrays.ring_of(workload) - 1) * arrays.batch_values(workload)
    # As `bench/plan/feasibility.py` counts it: the other batches on the host and on the device.
    estimated = workload.needed_bytes("float32") + 2 * ring
    # XLA's account has a batch and the weights on the device; the host has them too.
    made = 4 * cost.parameter_count(workload.model, workload.input_shape) + ring * 2
    held = taken if told is None else made + max(told)
    name = workload.case if not int(batch) else f"{case} as {batch}"
    print(
        f"{framework:10} {name:38} {estimated / MIB:9.1f} {held / MIB:6.0f} "
        f"{estimated / held:6.2f} {taken / MIB:8.0f}",
        flush=True,
    )
    sys.exit(1 if abs(estimated - held) > WITHIN * held else 0)


def _of(workload, batch):
    if isinstance(workload, Decode):
        return dataclasses.replace(workload, batch=batch)
    return dataclasses.replace(workload, input_shape=(batch, *workload.input_shape[1:]))


def _peak(adapter, workload):
    """The most bytes above those before the build."""
    gc.collect()
    resident_memory.give_back()
    resident_memory.reset_peak()
    before = resident_memory.peak_bytes()
    made = arrays.make(workload, 0)  # held by a worker as long as the case
    step = parts(adapter.build(workload, made))[0]
    for _ in range(STEPS):
        adapter.wait([step()])
    made.close()
    return resident_memory.peak_bytes() - before


@contextlib.contextmanager
def _silenced():
    """TensorFlow tells its whole life on the second descriptor."""
    kept, nowhere = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)


if __name__ == "__main__":
    main(*sys.argv[1:])

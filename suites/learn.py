"""Training of the 784-512-512-10 classifier over epochs, with loss and accuracy after each."""

from __future__ import annotations

from suites.architectures.classifier import mlp
from suites.workload import SGD, Data, Learn, Workload

RUNS = {
    "smoke": ((2, 2_000),),
    "quick": ((2, 2_000), (2, 10_000)),
    "standard": ((2, 2_000), (2, 10_000), (2, 60_000)),
    "full": ((2, 2_000), (2, 10_000), (2, 60_000), (10, 60_000)),
}
"""Epochs and training samples; the last of `full` is the published work."""

MODEL = mlp()


def cases(preset: str) -> tuple[Workload, ...]:
    """Each run with its data on the device, and with every batch copied from the host."""
    return tuple(
        Learn(
            suite="learn",
            name=f"epochs_{epochs}{suffix}",
            model=MODEL,
            data=Data("synthetic", samples, samples // 6, (784,), 10),
            batch=64,
            epochs=epochs,
            optimizer=SGD(lr=1e-3),
            inputs=inputs,
        )
        for suffix, inputs in (("", "device"), ("_host", "host"))
        for epochs, samples in RUNS[preset]
    )

"""Training of the 784-512-512-10 classifier over epochs, with loss and accuracy after each."""

from __future__ import annotations

from suites.architectures.classifier import mlp
from suites.workload import SGD, Data, Learn, Workload

RUNS = {
    "smoke": ((2, 1_000),),  # short enough for the slowest framework to be verified too
    "quick": ((2, 1_000), (2, 10_000)),
    "standard": ((2, 1_000), (2, 10_000), (2, 60_000)),
    "full": ((2, 1_000), (2, 10_000), (2, 60_000), (10, 60_000)),
}
"""Epochs and training samples; the last of `full` is as long as the published work,
which is in the suite `mnist`."""

RATE, FAST_RATE = 1e-3, 0.1
"""The published rate, at which two short epochs learn next to nothing; and one at which they do. At
twice that rate one rectifier that rounding decides otherwise moves the loss beyond its limit."""

MODEL = mlp()


def cases(preset: str) -> tuple[Workload, ...]:
    """Each run with its data on the device, and with every batch copied from the host; and in every
    preset a short one at the fast rate, whose curves show that something was learned."""
    published = (
        _learning(f"epochs_{epochs}{suffix}", epochs, samples, RATE, inputs)
        for suffix, inputs in (("", "device"), ("_host", "host"))
        for epochs, samples in RUNS[preset]
    )
    return (*published, _learning("epochs_2_fast", 2, 1_000, FAST_RATE, "device", batch=32))


def _learning(
    name: str, epochs: int, samples: int, rate: float, inputs: str, batch: int = 64
) -> Learn:
    return Learn(
        suite="learn",
        name=name,
        model=MODEL,
        data=Data("synthetic", samples, samples // 6, (784,), 10),
        batch=batch,
        epochs=epochs,
        optimizer=SGD(lr=rate),
        inputs=inputs,
    )

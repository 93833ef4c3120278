"""The 784-512-512-10 classifier on FashionMNIST and MNIST: downloads, so only when asked for."""

from __future__ import annotations

from suites.architectures.classifier import mlp
from suites.workload import SGD, Data, Learn, Workload

RUNS = {
    "smoke": ((1, 6_000),),
    "quick": ((1, 6_000), (1, 60_000)),
    "standard": ((1, 6_000), (1, 60_000)),
    "full": ((1, 6_000), (1, 60_000), (10, 60_000)),
}
"""Epochs and training samples."""

MODEL = mlp()


def cases(preset: str) -> tuple[Workload, ...]:
    """Each run on both, with the data on the device; in `full` also the published work, which
    copied every batch of FashionMNIST from the host."""
    resident = tuple(
        _learning(source, epochs, samples, "device")
        for source in ("fashion_mnist", "mnist")
        for epochs, samples in RUNS[preset]
    )
    return (*resident, PUBLISHED) if preset == "full" else resident


def _learning(source: str, epochs: int, samples: int, inputs: str) -> Learn:
    """Tested with all 10,000 test samples."""
    return Learn(
        suite="mnist",
        name=f"{source}_epochs_{epochs}" + ("_host" if inputs == "host" else ""),
        model=MODEL,
        data=Data(source, samples, 10_000, (784,), 10),
        batch=64,
        epochs=epochs,
        optimizer=SGD(lr=1e-3),
        inputs=inputs,
    )


PUBLISHED = _learning("fashion_mnist", 10, 60_000, "host")

"""A 784-512-512-10 classifier with ReLU: forward pass and SGD training step."""

from __future__ import annotations

from suites.architectures.classifier import mlp
from suites.workload import SGD, Forward, Train, Workload

BATCHES = {"smoke": (64,), "quick": (64, 1024), "standard": (64, 1024), "full": (64, 1024)}

MODEL = mlp()


def cases(preset: str) -> tuple[Workload, ...]:
    """Forward and training step at each batch size of the preset."""
    shapes = [(batch, 784) for batch in BATCHES[preset]]
    forward = (
        Forward(suite="mlp", name="forward", model=MODEL, input_shape=shape) for shape in shapes
    )
    train = (
        Train(suite="mlp", name="train", model=MODEL, input_shape=shape, optimizer=SGD(lr=1e-3))
        for shape in shapes
    )
    return (*forward, *train)

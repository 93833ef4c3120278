"""A recommender, DLRM with small tables: forward pass and training step."""

from __future__ import annotations

from suites.architectures.dlrm import PLACES, dlrm_small
from suites.workload import SGD, Forward, Train, Workload

BATCHES = {"smoke": (128,), "quick": (128, 2048), "standard": (128, 2048), "full": (128, 2048)}
"""Those that its authors' scripts take."""

MODEL = dlrm_small()


def cases(preset: str) -> tuple[Workload, ...]:
    """Forward and training step at each batch size of the preset."""
    shapes = [(batch, PLACES) for batch in BATCHES[preset]]
    forward = (
        Forward(suite="recsys", name="forward", model=MODEL, input_shape=shape) for shape in shapes
    )
    train = (
        Train(suite="recsys", name="train", model=MODEL, input_shape=shape, optimizer=SGD(lr=0.1))
        for shape in shapes
    )
    return (*forward, *train)

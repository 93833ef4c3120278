"""Where batches come from: they lie on the device, are copied, made in the step or meanwhile."""

from __future__ import annotations

from suites.architectures.small_cnn import small_cnn
from suites.workload import INPUTS, SGD, Train, Workload

BATCHES = {"smoke": (16,), "quick": (16, 64), "standard": (16, 64, 256), "full": (16, 64, 256)}

MODEL = small_cnn()


def cases(preset: str) -> tuple[Workload, ...]:
    """The training step of a small network, from each of the four places."""
    return tuple(
        Train(
            suite="loader",
            name=f"train_{inputs}",
            model=MODEL,
            input_shape=(batch, 3, 32, 32),
            optimizer=SGD(lr=1e-3),
            inputs=inputs,
        )
        for inputs in INPUTS
        for batch in BATCHES[preset]
    )

"""Classifiers from 90,902 to 900,090,002 parameters: training step, and whole training."""

from __future__ import annotations

from suites.architectures.classifier import TIMES, sweep
from suites.workload import SGD, Data, Learn, Train, Workload

LARGEST = {"smoke": 2, "quick": 5, "standard": 10, "full": 100}
"""By how much the widths are multiplied, at most."""

BATCH = 10
OPTIMIZER = SGD(lr=0.5)
MODELS = {times: sweep(times) for times in TIMES}


def cases(preset: str) -> tuple[Workload, ...]:
    """One training step at each size, and ten epochs with evaluations, copied batch by batch."""
    models = {times: model for times, model in MODELS.items() if times <= LARGEST[preset]}
    steps = (
        Train(
            suite="sweep",
            name="train",
            model=model,
            input_shape=(BATCH, 100 * times),
            optimizer=OPTIMIZER,
            sized_by="parameters",
        )
        for times, model in models.items()
    )
    whole = (
        Learn(
            suite="sweep",
            name="epochs",
            model=model,
            data=Data("random", 1000, 200, (100 * times,), 2),
            batch=BATCH,
            epochs=10,
            optimizer=OPTIMIZER,
            inputs="host",
            sized_by="parameters",
        )
        for times, model in models.items()
    )
    return (*steps, *whole)

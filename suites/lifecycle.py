"""The life of a tiny classifier: train, evaluate, save, load in a fresh model, infer."""

from __future__ import annotations

from suites.architectures.classifier import tiny
from suites.workload import SGD, Data, Learn, Lifecycle, Workload

LIFE = Lifecycle(
    learn=Learn(
        suite="lifecycle",
        name="tiny",
        model=tiny(),
        data=Data("points", 5, 2, (2,), 2),
        batch=2,
        epochs=3,
        optimizer=SGD(lr=0.5),
    )
)


def cases(preset: str) -> tuple[Workload, ...]:
    """The one life, in every preset."""
    return (LIFE,)

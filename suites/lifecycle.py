"""The life of a tiny classifier: train, evaluate, save, load in a fresh model, infer.

Where it was published the five points were shuffled before each epoch, and the one that filled no
batch of two was dropped. Here they come in order, as frameworks would shuffle in ways of their own:
it is always the fifth that is left out.
"""

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

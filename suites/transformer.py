"""Six encoder layers of width 512: forward as once published, in batches, and training step."""

from __future__ import annotations

from suites.architectures.encoder import WIDTH, encoder, token_classifier
from suites.workload import SGD, Forward, Train, Workload

PUBLISHED_SEQUENCE = 1024
"""One sample without a batch, whose 1024 rows attend to each other."""

SEQUENCE = 128

BATCHES = {"smoke": (4,), "quick": (4, 16), "standard": (4, 16, 64), "full": (4, 16, 64)}

MODEL = encoder()
CLASSIFIER = token_classifier()


def cases(preset: str) -> tuple[Workload, ...]:
    """The published forward pass, which begins from a host array; then forward and training.

    It was published in training mode, with gradients recorded: here it is inference, as all are.
    """
    published = Forward(
        suite="transformer",
        name="forward_published",
        model=MODEL,
        input_shape=(1, PUBLISHED_SEQUENCE, WIDTH),
        inputs="host",
    )
    shapes = [(batch, SEQUENCE, WIDTH) for batch in BATCHES[preset]]
    forward = (
        Forward(suite="transformer", name="forward", model=MODEL, input_shape=shape)
        for shape in shapes
    )
    train = (
        Train(
            suite="transformer",
            name="train",
            model=CLASSIFIER,
            input_shape=shape,
            optimizer=SGD(lr=1e-3),
        )
        for shape in shapes
    )
    return (published, *forward, *train)

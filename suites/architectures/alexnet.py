"""AlexNet in its one-column form (Krizhevsky, arXiv:1404.5997), as torchvision defines it."""

from __future__ import annotations

from suites.layers import (
    AdaptiveAvgPool,
    Conv2d,
    Dropout,
    Flatten,
    Linear,
    MaxPool,
    ReLU,
    Sequential,
)


def alexnet(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]."""
    features = (
        *(Conv2d(3, 64, kernel=11, stride=4, padding=2), ReLU(), MaxPool(kernel=3, stride=2)),
        *(Conv2d(64, 192, kernel=5, padding=2), ReLU(), MaxPool(kernel=3, stride=2)),
        *(Conv2d(192, 384, kernel=3, padding=1), ReLU()),
        *(Conv2d(384, 256, kernel=3, padding=1), ReLU()),
        *(Conv2d(256, 256, kernel=3, padding=1), ReLU(), MaxPool(kernel=3, stride=2)),
    )
    classifier = (
        *(Dropout(), Linear(256 * 6 * 6, 4096), ReLU()),
        *(Dropout(), Linear(4096, 4096), ReLU()),
        Linear(4096, classes),
    )
    return Sequential(
        features=Sequential(*features),
        avgpool=AdaptiveAvgPool(6),
        flatten=Flatten(),
        classifier=Sequential(*classifier),
    )

"""VGG with 16 layers (Simonyan and Zisserman, arXiv:1409.1556, column D), as torchvision's."""

from __future__ import annotations

from collections.abc import Iterator

from suites.layers import (
    AdaptiveAvgPool,
    Conv2d,
    Dropout,
    Flatten,
    Layer,
    Linear,
    MaxPool,
    ReLU,
    Sequential,
)

STAGES = ((64, 2), (128, 2), (256, 3), (512, 3), (512, 3))
"""Channels and convolutions between two poolings."""


def vgg16(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]."""
    classifier = (
        *(Linear(512 * 7 * 7, 4096), ReLU(), Dropout()),
        *(Linear(4096, 4096), ReLU(), Dropout()),
        Linear(4096, classes),
    )
    return Sequential(
        features=Sequential(*_features()),
        avgpool=AdaptiveAvgPool(7),
        flatten=Flatten(),
        classifier=Sequential(*classifier),
    )


def _features() -> Iterator[Layer]:
    inputs = 3
    for channels, convolutions in STAGES:
        for _ in range(convolutions):
            yield from (Conv2d(inputs, channels, kernel=3, padding=1), ReLU())
            inputs = channels
        yield MaxPool(kernel=2, stride=2)

"""A small network for images of 32 x 32: three convolutions, each halving the image."""

from __future__ import annotations

from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Layer,
    Linear,
    MaxPool,
    ReLU,
    Sequential,
)

WIDTHS = (32, 64, 128)


def small_cnn(classes: int = 10) -> Sequential:
    """[batch, 3, height, width] to [batch, classes]; height and width of at least 8."""
    inputs, features = 3, list[Layer]()
    for width in WIDTHS:
        convolution = Conv2d(inputs, width, kernel=3, padding=1, bias=False)
        features += [convolution, BatchNorm(width), ReLU(), MaxPool(kernel=2, stride=2)]
        inputs = width
    return Sequential(
        features=Sequential(*features),
        avgpool=GlobalAvgPool(),
        flatten=Flatten(),
        classifier=Linear(inputs, classes),
    )

"""SqueezeNet 1.0 (Iandola et al., arXiv:1602.07360), as torchvision defines it."""

from __future__ import annotations

from suites.layers import (
    Concat,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    MaxPool,
    ReLU,
    Sequential,
)


def squeezenet1_0(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]; the classes come from a convolution."""
    features = (
        *(Conv2d(3, 96, kernel=7, stride=2), ReLU(), _pool()),
        *(_fire(96, 16, 64), _fire(128, 16, 64), _fire(128, 32, 128), _pool()),
        *(_fire(256, 32, 128), _fire(256, 48, 192), _fire(384, 48, 192), _fire(384, 64, 256)),
        *(_pool(), _fire(512, 64, 256)),
    )
    classifier = (Dropout(), Conv2d(512, classes, kernel=1), ReLU(), GlobalAvgPool())
    return Sequential(
        features=Sequential(*features), classifier=Sequential(*classifier), flatten=Flatten()
    )


def _pool() -> MaxPool:
    return MaxPool(kernel=3, stride=2, ceil=True)


def _fire(inputs: int, squeezed: int, expanded: int) -> Sequential:
    """The squeezed channels seen through 1 x 1 and through 3 x 3 windows, side by side."""
    expand = Concat(
        expand1x1=Conv2d(squeezed, expanded, kernel=1),
        expand3x3=Conv2d(squeezed, expanded, kernel=3, padding=1),
    )
    return Sequential(
        squeeze=Conv2d(inputs, squeezed, kernel=1),
        squeeze_activation=ReLU(),
        expand=expand,
        expand_activation=ReLU(),
    )

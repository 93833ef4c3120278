"""A suite of one small image model without anything that must move its arrays."""

from typing import Any

from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    ReLU,
    Residual,
    Sequential,
)
from suites.workload import Adam, Forward, Train

MODEL = Sequential(
    Sequential(Conv2d(3, 8, 3, stride=2, padding=1, bias=False), BatchNorm(8), ReLU()),
    MaxPool(3, 2, padding=1),
    depthwise=Conv2d(8, 8, 3, padding=1, groups=8, bias=False),
    block=Residual(
        Sequential(Conv2d(8, 16, 3, stride=2, padding=1), ReLU()),
        shortcut=Conv2d(8, 16, 1, stride=2, bias=False),
    ),
    mean=GlobalAvgPool(),
    flat=Flatten(),
    head=Linear(16, 5),
)


def cases(preset):
    """Forward pass and training step."""
    same: dict[str, Any] = {"suite": "images", "model": MODEL, "input_shape": (4, 3, 32, 32)}
    yield Forward(name="forward", **same)
    yield Train(name="train", optimizer=Adam(lr=1e-3), **same)

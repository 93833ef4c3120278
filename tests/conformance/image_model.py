"""A suite of one small image model without anything that must move its arrays."""

from typing import Any

from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    Concat,
    Conv1d,
    Conv2d,
    Conv3d,
    Flatten,
    Gated,
    GlobalAvgPool,
    Linear,
    MaxPool,
    ReLU,
    Reshape,
    Residual,
    Sequential,
    Tanh,
    Upsample,
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


POOLS = Sequential(
    stem=Sequential(Conv2d(3, 4, 1), Tanh()),
    across=MaxPool((1, 3), (1, 3), (0, 1)),
    over=AvgPool((3, 2), (2, 1), (1, 0), ceil=True),
    volume=Reshape((2, 2, 5, -1)),
    solid=Sequential(Conv3d(2, 3, 1), Tanh()),
    largest=MaxPool((1, 3, 2), (1, 2, 1), (0, 1, 1), ceil=True),
    wider=Sequential(Upsample(2, "trilinear"), Upsample(2)),
    mean=AvgPool(2, 2, padding=1, ceil=True),
    adaptive=AdaptiveAvgPool((2, 3, 2)),
    gate=Gated(GlobalAvgPool()),
    long=Sequential(Reshape((4, -1)), Conv1d(4, 6, 2), Tanh()),
    lines=Sequential(Upsample(3, "linear"), Upsample(2), Conv1d(6, 4, 3), Tanh()),
    peaks=Sequential(MaxPool(3, 2, ceil=True), AvgPool(3, 2, 1), AvgPool(2, 3, ceil=True)),
    few=AdaptiveAvgPool(2),
    rows=Concat(Flatten(), Sequential(GlobalAvgPool(), Flatten())),
    head=Linear(12, 5),
)

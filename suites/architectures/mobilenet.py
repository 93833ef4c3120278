"""MobileNetV2 (Sandler et al., arXiv:1801.04381, table 2), as torchvision defines it."""

from __future__ import annotations

from suites.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    Layer,
    Linear,
    ReLU6,
    Residual,
    Sequential,
)

STAGES = (
    *((1, 16, 1, 1), (6, 24, 2, 2), (6, 32, 3, 2), (6, 64, 4, 2)),
    *((6, 96, 3, 1), (6, 160, 3, 2), (6, 320, 1, 1)),
)
"""Expansion, channels, blocks, and the stride of the first."""


def mobilenet_v2(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]."""
    inputs, features = 32, [_convolution(3, 32, kernel=3, stride=2)]
    for expansion, channels, blocks, stride in STAGES:
        for position in range(blocks):
            features.append(_block(inputs, channels, expansion, stride if position == 0 else 1))
            inputs = channels
    features.append(_convolution(inputs, 1280, kernel=1))
    return Sequential(
        features=Sequential(*features),
        avgpool=GlobalAvgPool(),
        flatten=Flatten(),
        classifier=Sequential(Dropout(0.2), Linear(1280, classes)),
    )


def _block(inputs: int, outputs: int, expansion: int, stride: int) -> Layer:
    """Widened, filtered channel by channel, narrowed without an activation."""
    width = inputs * expansion
    widened = (_convolution(inputs, width, kernel=1),) if expansion != 1 else ()
    convolutions = Sequential(
        *widened,
        _convolution(width, width, kernel=3, stride=stride, groups=width),
        Conv2d(width, outputs, kernel=1, bias=False),
        BatchNorm(outputs),
    )
    block = Sequential(conv=convolutions)
    return Residual(block) if stride == 1 and inputs == outputs else block


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> Layer:
    padding = kernel // 2
    return Sequential(
        Conv2d(inputs, outputs, kernel, stride, padding, groups, bias=False),
        BatchNorm(outputs),
        ReLU6(),
    )

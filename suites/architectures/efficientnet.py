"""EfficientNet-B0 (Tan and Le, arXiv:1905.11946, table 1), as torchvision defines it."""

from __future__ import annotations

from suites.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Flatten,
    Gated,
    GlobalAvgPool,
    Layer,
    Linear,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
    StochasticDepth,
)

STAGES = (
    *((1, 3, 1, 16, 1), (6, 3, 2, 24, 2), (6, 5, 2, 40, 2), (6, 3, 2, 80, 3)),
    *((6, 5, 1, 112, 3), (6, 5, 2, 192, 4), (6, 3, 1, 320, 1)),
)
"""Expansion, kernel, the stride of the first block, channels, blocks."""

STOCHASTIC_DEPTH = 0.2
"""Published rate after the last block; it grows from 0 block by block."""


def efficientnet_b0(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes]."""
    inputs, features = 32, [_convolution(3, 32, kernel=3, stride=2)]
    total, done = sum(stage[-1] for stage in STAGES), 0
    for expansion, kernel, first_stride, channels, depth in STAGES:
        blocks = []
        for position in range(depth):
            stride = first_stride if position == 0 else 1
            rate = STOCHASTIC_DEPTH * done / total
            blocks.append(_block(inputs, channels, expansion, kernel, stride, rate))
            inputs, done = channels, done + 1
        features.append(Sequential(*blocks))
    features.append(_convolution(inputs, 4 * inputs, kernel=1))
    return Sequential(
        features=Sequential(*features),
        avgpool=GlobalAvgPool(),
        flatten=Flatten(),
        classifier=Sequential(Dropout(0.2), Linear(4 * inputs, classes)),
    )


def _block(
    inputs: int, outputs: int, expansion: int, kernel: int, stride: int, rate: float
) -> Layer:
    """Widened, filtered channel by channel, channels weighed, narrowed without an activation."""
    width = inputs * expansion
    widened = (_convolution(inputs, width, kernel=1),) if expansion != 1 else ()
    block = Sequential(
        *widened,
        _convolution(width, width, kernel, stride, groups=width),
        _squeeze_excite(width, inputs // 4),
        Sequential(Conv2d(width, outputs, kernel=1, bias=False), BatchNorm(outputs)),
    )
    if stride != 1 or inputs != outputs:
        return Sequential(block=block)
    return Residual(Sequential(block=block, stochastic_depth=StochasticDepth(rate)))


def _squeeze_excite(channels: int, squeezed: int) -> Gated:
    """Every channel times a weight in (0, 1) got from the means of all (arXiv:1709.01507)."""
    body = Sequential(
        avgpool=GlobalAvgPool(),
        fc1=Conv2d(channels, squeezed, kernel=1),
        activation=SiLU(),
        fc2=Conv2d(squeezed, channels, kernel=1),
        scale_activation=Sigmoid(),
    )
    return Gated(body)


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1, groups: int = 1) -> Layer:
    padding = kernel // 2
    return Sequential(
        Conv2d(inputs, outputs, kernel, stride, padding, groups, bias=False),
        BatchNorm(outputs),
        SiLU(),
    )

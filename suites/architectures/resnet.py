"""ResNets (He et al., arXiv:1512.03385), as torchvision defines them.

The stride of a bottleneck stands at its 3 x 3 convolution, not at the first 1 x 1 of the paper.
"""

from __future__ import annotations

from collections.abc import Callable

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

WIDTHS = (64, 128, 256, 512)


def resnet18(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes], by blocks of two 3 x 3 convolutions."""
    return _resnet(_basic, expansion=1, depths=(2, 2, 2, 2), classes=classes)


def resnet50(classes: int = 1000) -> Sequential:
    """[batch, 3, 224, 224] to [batch, classes], by bottlenecks."""
    return _resnet(_bottleneck, expansion=4, depths=(3, 4, 6, 3), classes=classes)


Body = Callable[[int, int, int], Sequential]
"""What a block adds to its input, by its inputs, width and stride."""


def _resnet(body: Body, expansion: int, depths: tuple[int, ...], classes: int) -> Sequential:
    stages, inputs = {}, 64
    for number, (width, depth) in enumerate(zip(WIDTHS, depths, strict=True), start=1):
        outputs, blocks = width * expansion, []
        for position in range(depth):
            stride = 2 if position == 0 and number > 1 else 1
            blocks.append(_block(body(inputs, width, stride), inputs, outputs, stride))
            inputs = outputs
        stages[f"layer{number}"] = Sequential(*blocks)
    return Sequential(
        conv1=_convolution(3, 64, kernel=7, stride=2),
        bn1=BatchNorm(64),
        relu=ReLU(),
        maxpool=MaxPool(kernel=3, stride=2, padding=1),
        **stages,
        avgpool=GlobalAvgPool(),
        flatten=Flatten(),
        fc=Linear(inputs, classes),
    )


def _block(body: Sequential, inputs: int, outputs: int, stride: int) -> Sequential:
    shortcut = None
    if stride != 1 or inputs != outputs:
        convolution = _convolution(inputs, outputs, kernel=1, stride=stride)
        shortcut = Sequential(convolution, BatchNorm(outputs))
    return Sequential(residual=Residual(body, shortcut), relu=ReLU())


def _basic(inputs: int, width: int, stride: int) -> Sequential:
    return Sequential(
        conv1=_convolution(inputs, width, kernel=3, stride=stride),
        bn1=BatchNorm(width),
        relu=ReLU(),
        conv2=_convolution(width, width, kernel=3),
        bn2=BatchNorm(width),
    )


def _bottleneck(inputs: int, width: int, stride: int) -> Sequential:
    return Sequential(
        conv1=_convolution(inputs, width, kernel=1),
        bn1=BatchNorm(width),
        relu1=ReLU(),
        conv2=_convolution(width, width, kernel=3, stride=stride),
        bn2=BatchNorm(width),
        relu2=ReLU(),
        conv3=_convolution(width, 4 * width, kernel=1),
        bn3=BatchNorm(4 * width),
    )


def _convolution(inputs: int, outputs: int, kernel: int, stride: int = 1) -> Conv2d:
    """Without a bias: a batch norm follows."""
    return Conv2d(inputs, outputs, kernel, stride=stride, padding=kernel // 2, bias=False)

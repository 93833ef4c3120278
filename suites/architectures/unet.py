"""U-Net (Ronneberger et al., arXiv:1505.04597) of four levels, each with a class for every pixel.

As it is written today: images keep their size, and every convolution is normalised.
"""

from __future__ import annotations

from suites.layers import (
    BatchNorm,
    Concat,
    Conv2d,
    ConvTranspose2d,
    Layer,
    MaxPool,
    Permute,
    ReLU,
    Sequential,
)

CHANNELS = (64, 128, 256, 512)
"""Of the levels, the largest image first."""


def unet(classes: int = 2, channels: tuple[int, ...] = CHANNELS) -> Sequential:
    """[batch, 3, height, width], multiples of 8, to [batch, height, width, classes]."""
    return Sequential(
        levels=_level(3, channels),
        head=Conv2d(channels[0], classes, 1),
        classes_last=Permute((0, 2, 3, 1)),
    )


def _level(inputs: int, channels: tuple[int, ...]) -> Sequential:
    """A level and all below it, whose result is joined to what they were given."""
    width, *below = channels
    if not below:
        return _twice(inputs, width)
    return Sequential(
        down=_twice(inputs, width),
        joined=Concat(
            skip=Sequential(),
            below=Sequential(
                pool=MaxPool(2, 2),
                levels=_level(width, tuple(below)),
                up=ConvTranspose2d(below[0], width, 2, 2),
            ),
        ),
        up=_twice(2 * width, width),
    )


def _twice(inputs: int, outputs: int) -> Sequential:
    layers: list[Layer] = []
    for read in (inputs, outputs):
        convolution = Conv2d(read, outputs, 3, padding=1, bias=False)
        layers += [convolution, BatchNorm(outputs), ReLU()]
    return Sequential(*layers)

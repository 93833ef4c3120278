"""A U-Net over images of 256 x 256, with a class for every pixel: training step, forward pass."""

from __future__ import annotations

from suites.architectures.unet import unet
from suites.layers import Layer, Shape
from suites.workload import Adam, Forward, Train, Workload

BATCHES: dict[str, tuple[int, ...]] = {
    "smoke": (),
    "quick": (1,),
    "standard": (1, 8),
    "full": (1, 8, 32),
}

MODEL = unet()

IMAGE = (3, 256, 256)

SMALL = unet(channels=(16, 32, 64, 128))
"""A sixteenth of the work for each pixel."""

SMALL_SHAPE = (1, 3, 64, 64)


def cases(preset: str) -> tuple[Workload, ...]:
    """Training step with Adam and forward pass of a small network, and from `quick` on of the whole
    one at each batch size."""
    large = (case for batch in BATCHES[preset] for case in _both("unet", MODEL, (batch, *IMAGE)))
    return (*_both("unet_small", SMALL, SMALL_SHAPE), *large)


def _both(name: str, model: Layer, shape: Shape) -> tuple[Workload, Workload]:
    train = Train(
        suite="unet", name=f"{name}_train", model=model, input_shape=shape, optimizer=Adam(lr=1e-3)
    )
    return train, Forward(suite="unet", name=f"{name}_forward", model=model, input_shape=shape)

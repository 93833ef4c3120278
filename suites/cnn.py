"""A small network over images of 32 x 32 and six over 224 x 224: training step, forward pass."""

from __future__ import annotations

from suites.architectures import IMAGE
from suites.architectures.alexnet import alexnet
from suites.architectures.efficientnet import efficientnet_b0
from suites.architectures.mobilenet import mobilenet_v2
from suites.architectures.resnet import resnet18
from suites.architectures.small_cnn import small_cnn
from suites.architectures.squeezenet import squeezenet1_0
from suites.architectures.vgg import vgg16
from suites.layers import Layer, Shape
from suites.workload import Adam, Forward, Train, Workload

BATCHES = {"smoke": (4,), "quick": (4,), "standard": (4, 64), "full": (4, 64)}

SMALL_BATCHES = {"smoke": (16,), "quick": (16, 128), "standard": (16, 128), "full": (16, 128)}
"""Of the small network, which even the slowest device trains in no time."""

SMALL_IMAGE = (3, 32, 32)

CLASSES = 10

SMALL = small_cnn()

MODELS = {
    builder.__name__: builder(CLASSES)
    for builder in (mobilenet_v2, efficientnet_b0, alexnet, squeezenet1_0, resnet18, vgg16)
}
"""The cheapest forward pass first."""


def cases(preset: str) -> tuple[Workload, ...]:
    """Training step with Adam and forward pass of each network at each batch size of the preset."""
    small = [
        case
        for batch in SMALL_BATCHES[preset]
        for case in _both("small_cnn", SMALL, (batch, *SMALL_IMAGE))
    ]
    large = [
        case
        for name, model in MODELS.items()
        for batch in BATCHES[preset]
        for case in _both(name, model, (batch, *IMAGE))
    ]
    return (*small, *large)


def _both(name: str, model: Layer, shape: Shape) -> tuple[Workload, Workload]:
    train = Train(
        suite="cnn",
        name=f"{name}_train",
        model=model,
        input_shape=shape,
        optimizer=Adam(lr=1e-3),
    )
    forward = Forward(suite="cnn", name=f"{name}_forward", model=model, input_shape=shape)
    return train, forward

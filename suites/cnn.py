"""Six networks over images of 224 x 224: training step with Adam, and forward pass."""

from __future__ import annotations

from suites.architectures import IMAGE
from suites.architectures.alexnet import alexnet
from suites.architectures.efficientnet import efficientnet_b0
from suites.architectures.mobilenet import mobilenet_v2
from suites.architectures.resnet import resnet18
from suites.architectures.squeezenet import squeezenet1_0
from suites.architectures.vgg import vgg16
from suites.workload import Adam, Forward, Train, Workload

BATCHES = {"smoke": (4,), "quick": (4,), "standard": (4, 64), "full": (4, 64)}

CLASSES = 10

MODELS = {
    builder.__name__: builder(CLASSES)
    for builder in (mobilenet_v2, efficientnet_b0, alexnet, squeezenet1_0, resnet18, vgg16)
}
"""The cheapest forward pass first."""


def cases(preset: str) -> tuple[Workload, ...]:
    """Training step and forward pass of each network at each batch size of the preset."""
    return tuple(
        case
        for name, model in MODELS.items()
        for shape in [(batch, *IMAGE) for batch in BATCHES[preset]]
        for case in (
            Train(
                suite="cnn",
                name=f"{name}_train",
                model=model,
                input_shape=shape,
                optimizer=Adam(lr=1e-3),
            ),
            Forward(suite="cnn", name=f"{name}_forward", model=model, input_shape=shape),
        )
    )

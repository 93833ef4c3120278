"""ResNet-50, BERT-base and VGG-16 at the batch sizes vendors publish: forward and training."""

from __future__ import annotations

from suites.architectures import IMAGE
from suites.architectures.bert import bert_base
from suites.architectures.resnet import resnet50
from suites.architectures.vgg import vgg16
from suites.layers import Layer, Shape
from suites.workload import SGD, Forward, Train, Workload

MODELS: dict[str, tuple[Layer, Shape, int]] = {
    "resnet50": (resnet50(), IMAGE, 128),
    "bert_base": (bert_base(classes=2), (128,), 64),
    "vgg16": (vgg16(), IMAGE, 64),
}
"""Model, shape of one sample (BERT's: tokens), published batch; the cheapest sample first."""

OPTIMIZER = SGD(lr=1e-3)
"""No source names one; this needs the least memory beside the model."""


def cases(preset: str) -> tuple[Workload, ...]:
    """Forward pass and training step of one sample, and from `standard` on of the whole batch."""
    return tuple(
        case
        for name, (model, sample, published) in MODELS.items()
        for batch in ((1,) if preset in ("smoke", "quick") else (1, published))
        for case in (
            Forward(
                suite="vendor", name=f"{name}_forward", model=model, input_shape=(batch, *sample)
            ),
            Train(
                suite="vendor",
                name=f"{name}_train",
                model=model,
                input_shape=(batch, *sample),
                optimizer=OPTIMIZER,
            ),
        )
    )

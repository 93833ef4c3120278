"""Every published model, described once: which there are, and what one sample of their input is."""

from __future__ import annotations

import functools
from collections.abc import Callable
from dataclasses import dataclass

from suites.architectures import bert, classifier, dlrm, encoder, recurrent
from suites.architectures.alexnet import alexnet
from suites.architectures.efficientnet import efficientnet_b0
from suites.architectures.gpt2 import gpt2
from suites.architectures.mobilenet import mobilenet_v2
from suites.architectures.resnet import resnet18, resnet50
from suites.architectures.small_cnn import small_cnn
from suites.architectures.smollm2 import smollm2_135m
from suites.architectures.squeezenet import squeezenet1_0
from suites.architectures.unet import unet
from suites.architectures.vgg import vgg16
from suites.architectures.vit import deit_tiny, vit_b_16
from suites.layers import Layer, Shape

IMAGE = (3, 224, 224)


@dataclass(frozen=True)
class Architecture:
    """A model's builder, the shape of one sample (no batch), and what the model is."""

    build: Callable[[], Layer]
    sample: Shape
    title: str


ARCHITECTURES = {
    "alexnet": Architecture(alexnet, IMAGE, "5 convolutions, 3 linear"),
    "vgg16": Architecture(vgg16, IMAGE, "13 convolutions, 3 linear"),
    "resnet18": Architecture(resnet18, IMAGE, "residual blocks"),
    "resnet50": Architecture(resnet50, IMAGE, "residual bottlenecks"),
    "mobilenet_v2": Architecture(mobilenet_v2, IMAGE, "inverted residuals"),
    "efficientnet_b0": Architecture(efficientnet_b0, IMAGE, "gated inverted residuals"),
    "squeezenet1_0": Architecture(squeezenet1_0, IMAGE, "fire modules"),
    "small_cnn": Architecture(small_cnn, (3, 32, 32), "3 convolutions"),
    "unet": Architecture(unet, (3, 256, 256), "4 levels, a class for each pixel"),
    "vit_b_16": Architecture(vit_b_16, IMAGE, "12 transformer layers over patches"),
    "deit_tiny": Architecture(deit_tiny, IMAGE, "the same, 192 wide"),
    "encoder": Architecture(encoder.encoder, (1024, encoder.WIDTH), "6 transformer layers"),
    "bert_base": Architecture(bert.bert_base, (128,), "uncased, with pooler"),
    "gpt2": Architecture(gpt2, (128,), "decoder, the smallest size"),
    "smollm2_135m": Architecture(smollm2_135m, (128,), "decoder of Llama's kind"),
    **{
        f"lstm_{size}": Architecture(
            functools.partial(recurrent.language_model, size), (places,), "language model, 2 LSTM"
        )
        for size, (_, places) in recurrent.LANGUAGE.items()
    },
    "gru_activity": Architecture(
        recurrent.activity_classifier, (recurrent.WINDOW, recurrent.SIGNALS), "time series, 2 GRU"
    ),
    "dlrm_small": Architecture(dlrm.dlrm_small, (dlrm.PLACES,), "recommender, 26 tables"),
    "mlp": Architecture(classifier.mlp, (784,), "784-512-512-10"),
    "tiny": Architecture(classifier.tiny, (2,), "2-30-20-2"),
    **{
        f"sweep_{times}": Architecture(
            functools.partial(classifier.sweep, times),
            (100 * times,),
            f"100-300-200 x {times}",
        )
        for times in classifier.TIMES
    },
}

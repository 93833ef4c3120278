"""Architectures: exact parameter counts, output shapes, published paths, and their listing."""

import io
from itertools import pairwise

import pytest
from rich.console import Console

from bench.commands import list
from suites import cnn, mlp
from suites.architectures import ARCHITECTURES, IMAGE
from suites.architectures.alexnet import alexnet
from suites.architectures.bert import bert_base
from suites.architectures.efficientnet import efficientnet_b0
from suites.architectures.encoder import token_classifier
from suites.architectures.mobilenet import mobilenet_v2
from suites.architectures.resnet import resnet18, resnet50
from suites.architectures.small_cnn import small_cnn
from suites.architectures.squeezenet import squeezenet1_0
from suites.architectures.vgg import vgg16
from suites.layers import Linear, ReLU, Sequential, StochasticDepth, cost, parameters, walk

PUBLISHED = {
    "alexnet": 61_100_840,
    "vgg16": 138_357_544,
    "resnet18": 11_689_512,
    "resnet50": 25_557_032,
    "mobilenet_v2": 3_504_872,
    "efficientnet_b0": 5_288_548,
    "squeezenet1_0": 1_248_424,
    "vit_b_16": 86_567_656,
    "deit_tiny": 5_717_416,
    "encoder": 18_914_304,
    "bert_base": 109_482_240,
    "gpt2": 124_439_808,
    "smollm2_135m": 134_515_008,
    **{
        f"lstm_{size}": 2 * 10_000 * w + 10_000 + 2 * 4 * w * (w + w + 2)
        for size, w in (("small", 200), ("medium", 650))
    },
    "gru_activity": 3 * 64 * (9 + 64 + 2) + 3 * 64 * (64 + 64 + 2) + 65 * 6,
    "dlrm_small": 26 * 10_000 * 16
    + (14 * 512 + 513 * 256 + 257 * 64 + 65 * 16)
    + ((16 + 27 * 26 // 2 + 1) * 512 + 513 * 256 + 257 * 2),
    "mlp": 784 * 512 + 512 + 512 * 512 + 512 + 512 * 10 + 10,
    "tiny": 2 * 30 + 30 + 30 * 20 + 20 + 20 * 2 + 2,
    "sweep_1": 90_902,
    "sweep_2": 361_802,
    "sweep_3": 812_702,
    "sweep_4": 1_443_602,
    "sweep_5": 2_254_502,
    "sweep_10": 9_009_002,
    "sweep_50": 225_045_002,
    "sweep_75": 506_317_502,
    "sweep_100": 900_090_002,
}


@pytest.mark.parametrize("name", PUBLISHED)
def test_parameters_are_those_published(name):
    architecture = ARCHITECTURES[name]
    assert cost.parameter_count(architecture.build(), (1, *architecture.sample)) == PUBLISHED[name]


def test_only_our_own_network_has_no_published_count():
    assert ARCHITECTURES.keys() - PUBLISHED.keys() == {"small_cnn", "unet"}


@pytest.mark.parametrize("batch", [1, 4])
@pytest.mark.parametrize(
    "builder",
    [alexnet, vgg16, resnet18, resnet50, mobilenet_v2, efficientnet_b0, squeezenet1_0, small_cnn],
)
def test_images_become_classes(builder, batch):
    assert builder(10).output_shape((batch, *IMAGE)) == (batch, 10)


def test_what_becomes_of_sequences():
    assert ARCHITECTURES["encoder"].build().output_shape((1, 1024, 512)) == (1, 1024, 512)
    assert token_classifier(10).output_shape((4, 128, 512)) == (4, 128, 10)
    assert bert_base().output_shape((64, 128)) == (64, 768)
    assert bert_base(classes=2).output_shape((64, 128)) == (64, 2)


def test_images_shrink_as_published():
    outputs = {node.path: node.output for node in walk(resnet50(), (1, *IMAGE))}
    assert outputs["maxpool"] == (1, 64, 56, 56)
    assert [outputs[f"layer{n}"][1:3] for n in (1, 2, 3, 4)] == [
        *((256, 56), (512, 28), (1024, 14), (2048, 7))
    ]
    outputs = {node.path: node.output for node in walk(squeezenet1_0(), (1, *IMAGE))}
    assert [outputs[f"features.{n}"][2] for n in (0, 2, 6, 11)] == [109, 54, 27, 13]


@pytest.mark.parametrize(
    ("name", "path", "shape"),
    [
        ("alexnet", "classifier.6.weight", (1000, 4096)),
        ("vgg16", "features.28.weight", (512, 512, 3, 3)),
        ("mobilenet_v2", "features.18.0.weight", (1280, 320, 1, 1)),
        ("efficientnet_b0", "features.1.0.block.2.0.weight", (16, 32, 1, 1)),
        ("squeezenet1_0", "features.12.squeeze.weight", (64, 512, 1, 1)),
        ("bert_base", "encoder.layer.11.attention.output.LayerNorm.weight", (768,)),
    ],
)
def test_numbering_is_the_published_one(name, path, shape):
    architecture = ARCHITECTURES[name]
    found = parameters(architecture.build(), (1, *architecture.sample))
    assert found[path].shape == shape


def test_stochastic_depth_grows_with_depth():
    rates = [
        node.layer.rate
        for node in walk(efficientnet_b0(), (1, *IMAGE))
        if isinstance(node.layer, StochasticDepth)
    ]
    assert all(early < late for early, late in pairwise(rates))
    assert rates[-1] == pytest.approx(0.2 * 14 / 16)


def test_the_mlp_is_still_the_same_work():
    same = Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10))
    assert repr(mlp.MODEL) == repr(same)


def test_cheap_networks_come_first():
    flop = [cost.forward_flop(model, (1, *IMAGE)) for model in cnn.MODELS.values()]
    assert flop == sorted(flop)


def test_the_listing_shows_every_model():
    console = Console(width=100, file=io.StringIO())
    list.show_models(console)
    rows = [line.split()[:2] for line in console.file.getvalue().splitlines()]  # type: ignore[attr-defined]
    for name, count in PUBLISHED.items():
        assert [name, f"{count:,}"] in rows

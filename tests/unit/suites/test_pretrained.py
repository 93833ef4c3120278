"""Published weights under our names: what they are called there, and what does not fit."""

import numpy as np
import pytest

from suites.architectures import ARCHITECTURES, Architecture
from suites.architectures.bert import bert_base
from suites.architectures.small_cnn import small_cnn
from suites.data import pretrained
from suites.data.safetensors import WrongWeights
from suites.layers import Residual, SelfAttention, Sequential


def attention(**where):
    model = Sequential(attend=Residual(Sequential(**where)))
    return Architecture(lambda: model, (3, 4), "one layer")


def state(architecture):
    """Weights as they would be published, every one with other values."""
    random = np.random.default_rng(0)
    return {
        name: random.random(shape, dtype=np.float32)
        for name, shape in pretrained.published(architecture).items()
    }


@pytest.mark.parametrize(
    ("name", "count", "some"),
    [
        ("alexnet", 16, ["features.0.weight", "classifier.6.bias"]),
        ("vgg16", 32, ["features.28.bias", "classifier.3.weight"]),
        ("resnet18", 102, ["bn1.running_var", "layer2.0.downsample.1.weight", "fc.bias"]),
        ("resnet50", 267, ["layer4.2.conv3.weight", "layer1.0.downsample.0.weight"]),
        ("mobilenet_v2", 262, ["features.1.conv.1.weight", "features.3.conv.1.0.weight"]),
        ("efficientnet_b0", 311, ["features.2.1.block.2.fc1.bias", "classifier.1.weight"]),
        ("squeezenet1_0", 52, ["features.3.expand1x1.weight", "classifier.1.weight"]),
        ("encoder", 72, ["layers.0.self_attn.in_proj_weight", "layers.5.linear2.bias"]),
        (
            "bert_base",
            199,
            [
                "embeddings.token_type_embeddings.weight",
                "encoder.layer.0.attention.self.query.weight",
                "encoder.layer.11.attention.output.dense.bias",
                "encoder.layer.5.intermediate.dense.weight",
                "encoder.layer.5.output.LayerNorm.bias",
                "pooler.dense.weight",
            ],
        ),
    ],
)
def test_names_are_those_published(name, count, some):
    found = pretrained.published(ARCHITECTURES[name])
    assert len(found) == count
    assert set(some) <= found.keys()


def test_a_head_for_classes_has_its_published_name():
    architecture = Architecture(lambda: bert_base(classes=2), (128,), "with a head")
    assert pretrained.published(architecture)["classifier.weight"] == (2, 768)


def test_query_key_and_value_become_one_array_in_this_order():
    architecture = attention(self_attention=SelfAttention(4, 2))
    given = state(architecture)
    loaded = pretrained.renamed(architecture, {f"bert.{name}": a for name, a in given.items()})
    ours = loaded["attend.body.self_attention.in_weight"]
    for part, name in enumerate(("query", "key", "value")):
        assert np.array_equal(ours[4 * part : 4 * part + 4], given[f"self.{name}.weight"])
    assert np.array_equal(
        loaded["attend.body.self_attention.out_weight"], given["output.dense.weight"]
    )


def test_every_weight_arrives_unchanged():
    architecture = Architecture(small_cnn, (3, 32, 32), "small")
    given = state(architecture)
    facts = {"features.1.num_batches_tracked": np.array(7)}
    loaded = pretrained.renamed(architecture, given | facts)
    assert loaded.keys() == given.keys()
    assert all(np.array_equal(loaded[name], given[name]) for name in given)


def test_all_that_does_not_fit_is_named_as_published():
    architecture = attention(self_attn=SelfAttention(4, 2))
    given = state(architecture)
    given["self_attn.in_proj_weight"] = given["self_attn.in_proj_weight"].T
    given["head.weight"] = given.pop("self_attn.out_proj.bias")
    with pytest.raises(WrongWeights) as refused:
        pretrained.renamed(architecture, given)
    assert str(refused.value) == (
        "not the weights of this model. Expected 4 arrays, received 4. missing: "
        "'self_attn.out_proj.bias'; unknown: 'head.weight'; of another shape: "
        "'self_attn.in_proj_weight' expected [12, 4], received [4, 12]"
    )

"""Layer trees: shapes, parameters, cost, and refusal of what does not fit."""

import pytest

from suites.layers import (
    ELU,
    GELU,
    LSTM,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    ClassToken,
    Concat,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
    Dropout,
    Embedding,
    FirstToken,
    Flatten,
    Gated,
    GlobalAvgPool,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    LeakyReLU,
    Linear,
    MaxPool,
    Permute,
    PixelShuffle,
    Positions,
    ReLU,
    Reshape,
    Residual,
    SelfAttention,
    Sequential,
    ShapeError,
    Softmax,
    StochasticDepth,
    Upsample,
    cost,
    parameters,
    vocabulary,
    walk,
)
from suites.workload import Forward

MLP = Sequential(Linear(784, 512), ReLU(), Linear(512, 512), ReLU(), Linear(512, 10))


def test_paths_follow_the_tree():
    model = Sequential(stem=Linear(8, 4), block=Residual(Sequential(Linear(4, 4), ReLU())))
    assert list(parameters(model, (2, 8))) == [
        "stem.weight",
        "stem.bias",
        "block.body.0.weight",
        "block.body.0.bias",
    ]
    assert [node.path for node in walk(model, (2, 8))] == [
        "",
        "stem",
        "block",
        "block.body",
        "block.body.0",
        "block.body.1",
    ]


def test_output_shapes():
    assert MLP.output_shape((64, 784)) == (64, 10)
    assert Sequential(Flatten(), Linear(12, 5)).output_shape((2, 3, 2, 2)) == (2, 5)


def test_shapes_of_what_is_moved():
    assert Reshape((3, -1)).output_shape((2, 4, 6)) == (2, 3, 8)
    assert Permute((0, 2, 1)).output_shape((2, 4, 6)) == (2, 6, 4)
    assert PixelShuffle(2).output_shape((2, 8, 3, 5)) == (2, 2, 6, 10)


def test_parameter_count_of_the_published_mlp():
    assert cost.parameter_count(MLP, (64, 784)) == 669_706


def test_a_misfit_names_the_path_and_both_shapes():
    model = Sequential(stem=Linear(8, 4), block=Residual(Sequential(Linear(5, 4))))
    with pytest.raises(ShapeError) as refused:
        model.output_shape((2, 8))
    assert str(refused.value) == "block.body.0: Linear expects [..., 5]. Received: [2, 4]"


def test_a_residual_body_must_keep_the_shape():
    with pytest.raises(ShapeError, match=r"body returning \[2, 4\]. Got: \[2, 3\]"):
        Residual(Linear(4, 3)).output_shape((2, 4))


def test_forward_flop_by_hand():
    hidden = 64 * 512 * (2 * 784 + 1) + 64 * 512 * (2 * 512 + 1) + 64 * 10 * (2 * 512 + 1)
    assert cost.forward_flop(MLP, (64, 784)) == hidden + 2 * 64 * 512


def test_train_flop_is_about_three_forwards_less_the_first_input_gradient():
    forward = cost.forward_flop(MLP, (1024, 784))
    first = 1024 * 512 * (2 * 784 + 1)
    rectifiers = 2 * 1024 * 512  # one operation backward, where a product needs two
    update = 2 * 669_706
    assert cost.train_flop(MLP, (1024, 784), 2) == 3 * forward - first - rectifiers + update


def test_forward_bytes_by_hand():
    one = Sequential(Linear(3, 2))
    assert cost.forward_bytes(one, (5, 3), 4) == 4 * (5 * 3 + (2 * 3 + 2) + 5 * 2)


@pytest.mark.parametrize(
    ("layer", "shape", "message"),
    [
        (Conv2d(3, 8, 3, stride=-1), (1, 3, 8, 8), "Conv2d expects stride >= 1: .* Received: -1"),
        (Conv2d(3, 8, 3, padding=-1), (1, 3, 8, 8), "padding >= 0"),
        (Conv2d(6, 8, 3, groups=4), (1, 6, 8, 8), "divide its 6 inputs and 8 outputs"),
        (Conv2d(6, 9, 3, groups=6), (1, 6, 8, 8), "divide its 6 inputs and 9 outputs"),
        (Conv2d(3, 8, 3, groups=0), (1, 3, 8, 8), "groups"),
        (Conv2d(3, 8, 3, dilation=0), (1, 3, 8, 8), "dilation >= 1: .* Received: 0"),
        (Conv2d(3, 8, (3, 0)), (1, 3, 8, 8), r"kernel >= 1: .* Received: \(3, 0\)"),
        (Conv2d(3, 8, (3, 3, 1)), (1, 3, 8, 8), r"one for each of 2 axes. Received: \(3, 3, 1\)"),
        (Conv2d(3, 8, 3, stride="2"), (1, 3, 8, 8), "stride >= 1: .* Received: '2'"),  # type: ignore[arg-type]
        (
            Conv2d(3, 8, 3, dilation=4),
            (1, 3, 8, 8),
            "at least 9 places .* window of 9. Received: 8",
        ),
        (Conv1d(3, 8, 3), (1, 4, 8), r"expects \[batch, 3, length\]. Received: \[1, 4, 8\]"),
        (Conv3d(3, 8, 3), (1, 3, 8, 8), r"expects \[batch, 3, depth, height, width\]"),
        (ConvTranspose2d(3, 8, 2), (1, 4, 8, 8), r"expects \[batch, 3, height, width\]"),
        (ConvTranspose2d(3, 8, 0), (1, 3, 8, 8), "kernel >= 1"),
        (ConvTranspose2d(3, 8, 2, 2, output_padding=2), (1, 3, 8, 8), "below its stride 2. .*: 2"),
        (ConvTranspose2d(3, 8, 1, padding=4), (1, 3, 8, 8), "sizes above 0"),
        (InstanceNorm(3), (2, 3), r"expects \[batch, 3, length, ...\]. Received: \[2, 3\]"),
        (InstanceNorm(3), (2, 3, 1), "more than one value in each channel"),
        (Upsample(0), (1, 3, 8, 8), "scale above 0"),
        (
            Upsample(2, "cubic"),
            (1, 3, 8, 8),
            "nearest or bilinear of .* Received: scale 2, mode 'cubic'",
        ),
        (Conv2d(3, 8, 3), (1, 4, 8, 8), r"expects \[batch, 3, height, width\]"),
        (Conv2d(3, 8, 9), (1, 3, 8, 8), "at least 9 places along each axis"),
        (BatchNorm(4), (2, 3, 8, 8), r"\[batch, 4, ...\]. Received: \[2, 3, 8, 8\]"),
        (MaxPool(3, 2, padding=2), (1, 3, 8, 8), "at most half its kernel 3"),
        (MaxPool(3, 0), (1, 3, 8, 8), "stride >= 1"),
        (AdaptiveAvgPool(9), (1, 3, 8, 8), "at least 9 x 9"),
        (Concat(Conv2d(3, 2, 1), Conv2d(3, 2, 3)), (1, 3, 8, 8), r"\[1, 2, 8, 8\], \[1, 2, 6, 6\]"),
        (Concat(), (1, 3), "branches"),
        (Gated(Conv2d(3, 2, 1)), (1, 3, 8, 8), r"stretches to \[1, 3, 8, 8\]. Got: \[1, 2, 8, 8\]"),
        (SelfAttention(10, 3), (1, 4, 10), "heads that divide its width 10. Received: 3"),
        (SelfAttention(8, 2), (1, 4, 10), r"\[batch, sequence, 8\]. Received: \[1, 4, 10\]"),
        (Positions(4, 8), (1, 5, 8), "at most 4 places"),
        (LayerNorm(8), (1, 5, 7), r"\[..., 8\]. Received: \[1, 5, 7\]"),
        (ClassToken(8), (1, 5, 7), r"\[batch, sequence, 8\]. Received: \[1, 5, 7\]"),
        (Embedding(9, 4), (1, 2, 3), r"\[batch, sequence\]"),
        (FirstToken(), (1, 2), "sequence"),
        (Conv2d(3, -8, 3), (1, 3, 8, 8), r"Conv2d expects sizes above 0. Received: .*-8"),
        (Linear(4, 0), (1, 4), r"Linear expects sizes above 0. Received: .*0"),
        (Conv2d(3, 8, 3, padding="valid"), (1, 3, 8, 8), "\"same\". Received: 'valid'"),
        (MaxPool(2, 2.0), (1, 3, 8, 8), "MaxPool expects stride >= 1: .* 2 axes. Received: 2.0"),  # type: ignore[arg-type]
        (MaxPool((3, 2), 1), (1, 3, 8), r"one for each of 1 axes. Received: \(3, 2\)"),
        (AvgPool((4, 3), 1, (1, 2)), (1, 3, 8, 8), "at most half its kernel"),
        (GlobalAvgPool(), (1, 3), r"\[batch, channels, length\], .* Received: \[1, 3\]"),
        (Upsample(2, "bilinear"), (1, 3, 8), r"nearest or linear of \[1, 3, 8\]"),
        (LayerNorm(4, eps=-1.0), (1, 4), "LayerNorm expects eps >= 0. Received: eps -1.0"),
        (BatchNorm(3, eps=-1e-5), (1, 3, 2, 2), "eps >= 0 and a momentum .* Received: eps -1e-05"),
        (BatchNorm(3, momentum=1.5), (1, 3, 2, 2), "from 0 to 1. Received: .*momentum 1.5"),
        (GroupNorm(3, 8), (1, 8, 2, 2), "divide its 8 channels, .* Received: 3 groups, eps 1e-05"),
        (GroupNorm(0, 8), (1, 8, 2, 2), "Received: 0 groups"),
        (GroupNorm(2, 8, eps=-1.0), (1, 8), "eps >= 0. Received: 2 groups, eps -1.0"),
        (GroupNorm(2, 8), (1, 4, 8), r"expects \[batch, 8, ...\]. Received: \[1, 4, 8\]"),
        (GroupNorm(8, 8), (2, 8, 1, 1), "more than one value in each group. Received: 8 groups"),
        (Dropout(1.5), (1, 3), "Dropout expects a rate from 0 to 1. Received: 1.5"),
        (StochasticDepth(-0.1), (1, 3), "StochasticDepth expects a rate from 0 to 1"),
        (LayerNorm(4, eps="tiny"), (1, 4), "LayerNorm expects a number as eps. Received: 'tiny'"),  # type: ignore[arg-type]
        (Linear(3, 4, bias=None), (1, 3), "Linear expects True or False as bias. Received: None"),
        (Dropout(active="no"), (1, 3), "Dropout expects True or False as active. Received: 'no'"),  # type: ignore[arg-type]
        (SelfAttention(8, 2, causal="no"), (1, 4, 8), "True or False as causal. Received: 'no'"),  # type: ignore[arg-type]
        (LSTM(8, 2, bidirectional="no"), (1, 4, 8), "True or False as bidirectional"),  # type: ignore[arg-type]
        (LeakyReLU(2.0), (1, 3), "slope from 0 to 1. Received: 2.0"),
        (ELU(-1.0), (1, 3), "alpha >= 0. Received: -1.0"),
        (GELU("erf"), (1, 3), "approximate = none or tanh. Received: 'erf'"),
        (Softmax(0), (2, 3), r"not the batch. Received: axis 0 of \[2, 3\]"),
        (Softmax(-2), (2, 3), "axis -2"),
        (Reshape((4, -1)), (2, 6), r"as many values as \[4, -1\] holds .* Received: \[2, 6\]"),
        (Reshape((5,)), (2, 6), r"as many values as \[5\]"),
        (Reshape((-1, -1)), (2, 6), "one of them -1 at most"),
        (Reshape([6]), (2, 6), r"a tuple of whole numbers as shape. Received: \[6\]"),  # type: ignore[arg-type]
        (Permute((1, 0)), (2, 6), r"each of 2 axes once, .* Received: \[1, 0\] for \[2, 6\]"),
        (Permute((0, 1)), (2, 6, 3), "each of 3 axes once"),
        (Permute(2), (2, 6), "a tuple of whole numbers as axes. Received: 2"),  # type: ignore[arg-type]
        (PixelShuffle(2), (1, 6, 2, 2), "a multiple of its square, .* Received: factor 2"),
        (PixelShuffle(2), (1, 4), "height, width"),
        (ReLU, (1, 3), r"a layer at every place. Received: the class itself. Write ReLU\(\.\.\.\)"),
        (None, (1, 3), "a layer at every place. Received: None"),
    ],
)
def test_an_ill_formed_layer_is_refused_by_its_path(layer, shape, message):
    model = Sequential(outer=Sequential(inner=layer))
    with pytest.raises(ShapeError, match=message) as refused:
        Forward(suite="s", name="n", model=model, input_shape=shape)
    assert str(refused.value).startswith("outer.inner: ")


@pytest.mark.parametrize(
    ("composite", "path"),
    [
        (Residual(None), "body"),
        (Residual(ReLU(), shortcut=3), "shortcut"),  # type: ignore[arg-type]
        (Gated("x"), "body"),  # type: ignore[arg-type]
        (Concat(ReLU(), two=[ReLU()]), "two"),  # type: ignore[arg-type]
    ],
)
def test_what_is_no_layer_is_refused_by_its_path(composite, path):
    with pytest.raises(ShapeError, match="a layer at every place") as refused:
        Forward(suite="s", name="n", model=Sequential(composite), input_shape=(1, 3))
    assert str(refused.value).startswith(f"0.{path}: ")


def test_a_model_that_is_no_layer_is_refused():
    with pytest.raises(ShapeError, match=r"^a model expects a layer .* Write ReLU\(\.\.\.\)"):
        Forward(suite="s", name="n", model=ReLU, input_shape=(1, 3))  # type: ignore[arg-type]


def test_unknown_inputs_are_refused():
    with pytest.raises(ValueError, match=r"device, host, loop, background\. Received: disk"):
        Forward(suite="s", name="n", model=ReLU(), input_shape=(1, 1), inputs="disk")


def test_cost_of_image_layers_by_hand():
    conv, image = Conv2d(6, 8, 3, padding=1, groups=2), (5, 6, 10, 12)
    assert conv.flop(image) == 5 * 8 * 10 * 12 * (2 * 3 * 9 + 1)
    assert {n: p.shape for n, p in conv.parameters().items()} == {
        "weight": (8, 3, 3, 3),
        "bias": (8,),
    }
    assert MaxPool(3, 2).flop((1, 2, 7, 7)) == 2 * 3 * 3 * 9
    assert GlobalAvgPool().flop((1, 2, 7, 7)) == 2 * 49
    # Windows of 5 over 2: rows 0 to 3 and 2 to 5, which share a row.
    assert AdaptiveAvgPool(2).flop((1, 1, 5, 5)) == 6 * 6


def test_cost_of_attention_by_hand():
    flop = 3 * 7 * 4 * 8 * (2 * 8 + 1) + 2 * (2 * 3 * 7 * 7 * 8) + 5 * 3 * 2 * 7 * 7
    assert SelfAttention(8, 2).flop((3, 7, 8)) == flop


def test_running_averages_are_no_learned_parameters():
    norm = BatchNorm(4)
    learned = {name: p.learned for name, p in norm.parameters().items()}
    assert learned == {"weight": True, "bias": True, "running_mean": False, "running_var": False}
    assert cost.parameter_count(norm, (2, 4, 3, 3)) == 8


def test_cost_of_group_norm_by_hand():
    shape = (2, 6, 4, 5)
    assert {n: p.shape for n, p in GroupNorm(3, 6).parameters().items()} == {
        "weight": (6,),
        "bias": (6,),
    }
    assert GroupNorm(3, 6).flop(shape) == 7 * 2 * 6 * 4 * 5
    bare = GroupNorm(3, 6, affine=False)
    assert (bare.parameters(), bare.flop(shape)) == ({}, 5 * 2 * 6 * 4 * 5)


def test_a_model_of_tokens_says_how_many_there_are():
    assert vocabulary(Sequential(Sequential(Embedding(9, 4)), LayerNorm(4)), (2, 3)) == 9
    assert vocabulary(MLP, (2, 784)) is None


def test_several_embeddings_get_tokens_that_all_of_them_know():
    assert vocabulary(Concat(Embedding(9, 4), Embedding(5, 4)), (2, 3)) == 5


@pytest.mark.parametrize(
    ("model", "message"),
    [
        (Sequential(Linear(3, 3), Embedding(9, 4)), "1: Embedding expects tokens"),
        (Sequential(Embedding(9, 4), FirstToken(), Embedding(9, 4)), "2: Embedding expects tokens"),
        (
            Residual(Sequential(Embedding(9, 3), FirstToken()), shortcut=Linear(3, 3)),
            "shortcut: Linear expects numbers. Received: the tokens that body.0 takes",
        ),
        (Residual(Sequential(Embedding(9, 3), FirstToken())), "Residual expects numbers"),
    ],
)
def test_tokens_are_for_embeddings_alone(model, message):
    with pytest.raises(ShapeError, match=f"^{message}"):
        Forward(suite="s", name="n", model=model, input_shape=(2, 3))


@pytest.mark.parametrize("shape", [[1, 3], (1, 3.0), (0, 3), (), 3, None])
def test_an_input_that_is_no_tuple_of_sizes_is_refused(shape):
    with pytest.raises(ShapeError, match=r"a tuple of sizes above 0. Received: "):
        Forward(suite="s", name="n", model=ReLU(), input_shape=shape)

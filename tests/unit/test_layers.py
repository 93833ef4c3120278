"""Layer trees: shapes, parameters, cost, and refusal of what does not fit."""

import pytest

from suites import cost
from suites.layers import Flatten, Linear, ReLU, Residual, Sequential, ShapeError, parameters, walk

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

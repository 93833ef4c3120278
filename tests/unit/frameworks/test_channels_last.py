"""Channels last: which arrays are moved, and that every one comes back as it was."""

import numpy as np
import pytest

from frameworks.shared import channels_last
from suites.layers import (
    BatchNorm,
    Concat,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
    Dropout,
    Flatten,
    GlobalAvgPool,
    LayerNorm,
    Linear,
    ReLU,
    Residual,
    Sequential,
    StochasticDepth,
    parameters,
)
from suites.workload import Adam

HWIO = (2, 3, 1, 0)
HWIM = (2, 3, 0, 1)
"""Height, width, inputs, outputs of each."""


def drawn(*shape):
    return np.random.default_rng(0).random(shape, dtype=np.float32)


def last(image):
    return image.transpose(0, 2, 3, 1)


def laid_out(model, shape):
    return channels_last.channels_last(model, shape, HWIO, HWIM)


@pytest.mark.parametrize(
    ("convolution", "axes", "placed"),
    [
        (Conv2d(6, 8, 3), HWIO, (3, 3, 6, 8)),
        (Conv2d(6, 8, 3), (0, 2, 3, 1), (8, 3, 3, 6)),
        (Conv2d(6, 8, 3, groups=2), HWIO, (3, 3, 3, 8)),
        (Conv2d(6, 12, 3, groups=6), HWIO, (3, 3, 1, 12)),
        (Conv2d(1, 4, 3), HWIO, (3, 3, 1, 4)),
    ],
)
def test_a_kernel_is_placed_with_its_axes_in_order_and_comes_back(convolution, axes, placed):
    moves = channels_last.channels_last(convolution, (1, convolution.inputs, 5, 5), axes)
    kernel = drawn(*convolution.parameters()["weight"].shape)
    moved = moves.place("weight", kernel)
    assert moved.shape == placed
    assert np.array_equal(moved, kernel.transpose(axes))
    assert np.array_equal(moves.moves["weight"].restore(moved), kernel)


@pytest.mark.parametrize(
    ("layer", "shape", "axes", "placed"),
    [
        (Conv1d(6, 8, 3), (1, 6, 9), HWIO, (3, 6, 8)),
        (Conv3d(6, 8, (2, 3, 4)), (1, 6, 5, 5, 5), HWIO, (2, 3, 4, 6, 8)),
        (Conv3d(6, 8, (2, 3, 4)), (1, 6, 5, 5, 5), (0, 2, 3, 1), (8, 2, 3, 4, 6)),
        (Conv1d(6, 6, 3, groups=6), (1, 6, 9), HWIO, (3, 1, 6)),
        (ConvTranspose2d(6, 8, (2, 3)), (1, 6, 5, 5), HWIO, (2, 3, 8, 6)),
    ],
)
def test_kernels_of_other_convolutions_are_placed_alike(layer, shape, axes, placed):
    moves = channels_last.channels_last(layer, shape, axes, HWIM)
    kernel = drawn(*layer.parameters()["weight"].shape)
    moved = moves.place("weight", kernel)
    assert moved.shape == placed
    assert np.array_equal(moves.moves["weight"].restore(moved), kernel)


def test_a_transposed_kernel_may_have_axes_of_its_own():
    layer, axes = ConvTranspose2d(6, 8, (2, 3)), (1, 2, 3, 0)
    moves = channels_last.channels_last(layer, (1, 6, 5, 5), HWIO, transposed_axes=axes)
    kernel = drawn(6, 8, 2, 3)
    assert np.array_equal(moves.place("weight", kernel), kernel.transpose(axes))


def test_a_depthwise_kernel_may_have_axes_of_its_own():
    moves = laid_out(Conv2d(6, 12, 3, groups=6), (1, 6, 5, 5))
    kernel = drawn(12, 1, 3, 3)
    moved = moves.place("weight", kernel)
    assert moved.shape == (3, 3, 6, 2)
    # Output 7 is the second of input 3.
    assert np.array_equal(moved[:, :, 3, 1], kernel[7, 0])
    assert np.array_equal(moves.moves["weight"].restore(moved), kernel)


def test_one_input_channel_is_no_depthwise_convolution():
    assert not channels_last.depthwise(Conv2d(1, 4, 3))
    assert laid_out(Conv2d(1, 4, 3), (1, 1, 5, 5)).place("weight", drawn(4, 1, 3, 3)).shape == (
        3,
        3,
        1,
        4,
    )


@pytest.mark.parametrize(
    "between",
    [(), (ReLU(), Dropout(), StochasticDepth(active=True))],
    ids=["at once", "after elementwise layers"],
)
def test_a_linear_layer_absorbs_the_flatten_before_it(between):
    model = Sequential(ReLU(), Sequential(Flatten(), *between), out=Linear(24, 5))
    moves, x, weight = laid_out(model, (2, 2, 3, 4)), drawn(2, 2, 3, 4), drawn(5, 24)
    moved = moves.place("out.weight", weight)
    assert moves.absorbed == {"1.0"}
    expected = x.reshape(2, -1) @ weight.T
    assert last(x).reshape(2, -1) @ moved.T == pytest.approx(expected, rel=1e-5)
    assert np.array_equal(moves.moves["out.weight"].restore(moved), weight)


@pytest.mark.parametrize(
    "model",
    [
        Flatten(),
        Sequential(Flatten(), ReLU()),
        Sequential(Flatten(), Dropout(active=True), Linear(24, 5)),
        Sequential(Flatten(), LayerNorm(24), Linear(24, 5)),
        Sequential(Flatten(), Residual(Linear(24, 24))),
        Sequential(Concat(Flatten(), Flatten()), Linear(48, 5)),
        Sequential(Residual(Sequential(Conv2d(2, 2, 1), Sequential())), Flatten()),
    ],
    ids=[
        "alone",
        "at the end",
        "dropped by a mask",
        "norm between",
        "branches",
        "joined",
        "after a branch",
    ],
)
def test_a_flatten_that_feeds_no_linear_layer_alone_is_not_absorbed(model):
    moves = laid_out(model, (2, 2, 3, 4))
    assert not moves.absorbed
    assert all(path.endswith("0.weight") and "body" in path for path in moves.moves)


def test_a_flattened_volume_is_absorbed_too():
    model, x, weight = Sequential(Flatten(), Linear(48, 5)), drawn(2, 2, 2, 3, 4), drawn(5, 48)
    moved = laid_out(model, x.shape).place("1.weight", weight)
    expected = x.reshape(2, -1) @ weight.T
    assert channels_last.image(x).reshape(2, -1) @ moved.T == pytest.approx(expected, rel=1e-5)


def test_a_flatten_inside_a_branch_is_absorbed_there():
    branch = Sequential(Flatten(), Linear(24, 5))
    moves = laid_out(Concat(a=branch, b=branch), (2, 2, 3, 4))
    assert moves.absorbed == {"a.0", "b.0"}
    assert set(moves.moves) == {"a.1.weight", "b.1.weight"}


@pytest.mark.parametrize("shape", [(2, 6, 1, 1), (2, 1, 3, 2)])
def test_an_image_that_is_the_same_in_both_layouts_moves_nothing(shape):
    moves = laid_out(Sequential(Flatten(), LayerNorm(6), Linear(6, 2)), shape)
    assert moves.absorbed == {"0"}
    assert not moves.moves


def test_a_flatten_of_no_image_is_left_alone():
    moves = laid_out(Sequential(Flatten(), Linear(12, 5)), (2, 3, 4))
    assert not moves.absorbed
    assert not moves.moves


def test_every_weight_and_moment_of_a_network_comes_back():
    model = Sequential(
        Conv2d(2, 4, 3, padding=1),
        BatchNorm(4),
        Residual(Sequential(Conv2d(4, 4, 3, padding=1, groups=4), ReLU())),
        Concat(Conv2d(4, 3, 1), Sequential(Conv2d(4, 3, 1), ReLU())),
        Flatten(),
        Linear(6 * 12, 5),
    )
    shape = (2, 2, 3, 4)
    weights = {path: drawn(*p.shape) for path, p in parameters(model, shape).items()}
    moves = laid_out(model, shape)
    assert set(moves.moves) == {path for path, w in weights.items() if w.ndim == 4} | {"5.weight"}
    named = {name: path for path in weights for name in (path, *Adam(lr=1.0).state_names(path))}
    placed = {name: moves.place(path, weights[path]) for name, path in named.items()}
    for name, result in moves.results(placed).items():
        assert isinstance(result, channels_last.LaidOut) == (named[name] in moves.moves)
        back = (
            result.move.restore(result.array)
            if isinstance(result, channels_last.LaidOut)
            else result
        )
        assert np.array_equal(back, weights[named[name]])


def test_images_go_in_and_come_out():
    x = drawn(2, 3, 4, 5)
    assert np.array_equal(channels_last.image(x), last(x))
    result = channels_last.output(channels_last.image(x), x.shape)
    assert np.array_equal(result.move.restore(result.array), x)


@pytest.mark.parametrize("axes", [(0, 3, 1, 2), (0, 2, 4, 1, 3), (0, 2, 1)])
def test_axes_are_put_in_order_in_both_layouts_alike(axes):
    described = drawn(*range(2, 2 + len(axes)))
    kept = channels_last.image(described).transpose(channels_last.stored_order(axes))
    assert np.array_equal(kept, channels_last.image(described.transpose(axes)))
    for axis in range(-1, len(axes)):
        place = channels_last.stored_axis(axis, len(axes))
        assert channels_last.image(described).shape[place] == described.shape[axis]


def test_what_is_no_image_stays_as_it_is():
    x = drawn(2, 7)
    assert channels_last.image(x) is x
    assert channels_last.output(x, x.shape) is x


def test_a_pooled_image_keeps_its_four_axes():
    shape = Sequential(GlobalAvgPool()).output_shape((2, 3, 4, 5))
    result = channels_last.output(drawn(2, 1, 1, 3), shape)
    assert result.move.restore(result.array).shape == (2, 3, 1, 1)

"""The reference's layers over images, sequences and volumes: against sums written out by hand."""

import itertools
import math
from dataclasses import replace

import numpy as np
import pytest

from suites.layers import (
    AdaptiveAvgPool,
    AvgPool,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
    GlobalAvgPool,
    GroupNorm,
    InstanceNorm,
    MaxPool,
    Upsample,
)
from suites.layers.windows import spread
from suites.verification.reference.meanings.model import Pass
from tests.helpers import drawn_weights

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize(
    "layer",
    [
        Conv2d(4, 6, 3),
        Conv2d(4, 6, 3, stride=2, padding=1, bias=False),
        Conv2d(4, 8, 3, padding=1, groups=4),
        Conv2d(4, 6, 2, groups=2),
        Conv2d(4, 6, 1, stride=2),
        Conv2d(4, 6, (1, 3), (2, 1), (0, 2), dilation=(1, 2)),
        Conv2d(4, 4, (2, 3), 2, "same", groups=4, dilation=2),
        Conv1d(4, 6, 3, 2, "same", dilation=2),
        Conv3d(4, 6, (1, 2, 3), padding=(0, 1, 1), groups=2),
        Conv3d(4, 4, 2, padding="same", groups=4),
    ],
)
def test_convolution_by_hand(layer):
    weights, x = drawn_weights.layer(RANDOM, layer, (2, 4, 6, 5, 3)[: 2 + layer.axes])
    got = Pass(weights).apply(layer, x)
    inside, outside = 4 // layer.groups, layer.outputs // layer.groups
    assert got.shape == layer.output_shape(x.shape)
    for n, o, *place in itertools.product(*(range(size) for size in got.shape)):
        first = o // outside * inside
        seen = looked_at(layer, x[n, first : first + inside], place)
        expected = np.sum(seen * weights["weight"][o]) + weights.get("bias", np.zeros(99))[o]
        assert got[n, o, *place] == pytest.approx(expected)


def looked_at(layer, x, place):
    """What the kernel lies on at a place of the result, zeros beyond the edge."""
    numbers = [
        (each,) * layer.axes if isinstance(each, int) else each
        for each in (layer.kernel, layer.stride, layer.dilation)
    ]
    if layer.padding == "same":
        before = [
            max(0, (-(-size // s) - 1) * s + (k - 1) * d + 1 - size) // 2
            for size, k, s, d in zip(x.shape[1:], *numbers, strict=True)
        ]
    else:
        before = (layer.padding,) * layer.axes if isinstance(layer.padding, int) else layer.padding
    seen = np.zeros((len(x), *numbers[0]))
    for at in np.ndindex(*numbers[0]):
        found = [
            i * s - b + a * d for i, a, b, s, d in zip(place, at, before, *numbers[1:], strict=True)
        ]
        if all(0 <= p < size for p, size in zip(found, x.shape[1:], strict=True)):
            seen[:, *at] = x[:, *found]
    return seen


@pytest.mark.parametrize(
    "layer",
    [
        ConvTranspose2d(3, 2, 2, 2),
        ConvTranspose2d(3, 2, (3, 4), (2, 3), (1, 0), (1, 2)),
        ConvTranspose2d(3, 1, 3, padding=1, bias=False),
    ],
)
def test_transposed_convolution_by_hand(layer):
    weights, x = drawn_weights.layer(RANDOM, layer, (2, 3, 4, 3))
    got = Pass(weights).apply(layer, x)
    kernel, stride, padding = (
        (each,) * 2 if isinstance(each, int) else each
        for each in (layer.kernel, layer.stride, layer.padding)
    )
    expected = np.zeros(layer.output_shape(x.shape))
    for n, c, i, j, a, b in itertools.product(*(range(size) for size in (*x.shape, *kernel))):
        row, column = i * stride[0] + a - padding[0], j * stride[1] + b - padding[1]
        if 0 <= row < expected.shape[2] and 0 <= column < expected.shape[3]:
            expected[n, :, row, column] += x[n, c, i, j] * weights["weight"][c, :, a, b]
    if layer.bias:
        expected += weights["bias"][:, None, None]
    np.testing.assert_allclose(got, expected)


def test_images_are_enlarged_by_repetition_or_along_lines():
    x = np.array([[[[0.0, 4.0], [8.0, 12.0]]]])
    nearest = Pass({}).apply(Upsample(2), x)[0, 0]
    assert nearest.tolist() == [[0, 0, 4, 4], [0, 0, 4, 4], [8, 8, 12, 12], [8, 8, 12, 12]]
    # Along a row of 0, 4: at -1/4, 1/4, 3/4 and 5/4, the first and last of which lie outside.
    lines = Pass({}).apply(Upsample(2, "bilinear"), x)[0, 0]
    assert lines.tolist() == [[0, 1, 3, 4], [2, 3, 5, 6], [6, 7, 9, 10], [8, 9, 11, 12]]
    thirds = Pass({}).apply(Upsample(3, "bilinear"), x)[0, 0, 0]
    np.testing.assert_allclose(thirds, [0, 0, 4 / 3, 8 / 3, 4, 4])


@pytest.mark.parametrize("affine", [True, False])
def test_instance_norm_by_hand(affine):
    layer = InstanceNorm(3, eps=1e-3, affine=affine)
    weights, x = drawn_weights.layer(RANDOM, layer, (2, 3, 5))
    got = Pass(weights).apply(layer, x)
    for n, c in itertools.product(range(2), range(3)):
        expected = (x[n, c] - x[n, c].mean()) / math.sqrt(x[n, c].var() + 1e-3)
        if affine:
            expected = expected * weights["weight"][c] + weights["bias"][c]
        np.testing.assert_allclose(got[n, c], expected)


def test_sequences_and_volumes_are_enlarged_along_their_axes():
    row = np.array([[[0.0, 4.0]]])
    assert Pass({}).apply(Upsample(2), row).tolist() == [[[0, 0, 4, 4]]]
    assert Pass({}).apply(Upsample(2, "linear"), row).tolist() == [[[0, 1, 3, 4]]]
    volume = row.reshape(1, 1, 2, 1, 1)
    lines = Pass({}).apply(Upsample(2, "trilinear"), volume)
    assert lines.shape == (1, 1, 4, 2, 2)
    np.testing.assert_array_equal(lines[0, 0].reshape(4, 4), np.repeat([[0], [1], [3], [4]], 4, 1))


def test_means_of_whole_channels_and_of_parts_of_rectangles():
    x = RANDOM.random((2, 3, 4, 5, 6))
    whole = Pass({}).apply(GlobalAvgPool(), x)
    np.testing.assert_allclose(whole, x.mean((2, 3, 4), keepdims=True))
    parts = Pass({}).apply(AdaptiveAvgPool((2, 5, 1)), x)
    expected = x.reshape(2, 3, 2, 2, 5, 6).mean((3, 5)).reshape(2, 3, 2, 5, 1)
    np.testing.assert_allclose(parts, expected)


NUMBERS = ("kernel", "stride", "padding")


@pytest.mark.parametrize(
    ("layer", "combine"),
    [
        (MaxPool(3, 2, ceil=True), np.max),
        (MaxPool(3, 2, padding=1), np.max),
        (MaxPool(2, 2), np.max),
        (AvgPool(3, 2, ceil=True), np.mean),
        (AvgPool(2, 2), np.mean),
        (MaxPool((3, 2, 1), (2, 1, 1), (1, 0, 0)), np.max),
        (AvgPool((3, 2, 2), (2, 3, 1), ceil=True), np.mean),
    ],
)
@pytest.mark.parametrize("places", [(8,), (8, 7), (4, 8, 7)])
def test_pooling_by_hand(layer, combine, places):
    numbers = {name: spread(getattr(layer, name), 3)[: len(places)] for name in NUMBERS}
    layer = replace(layer, **numbers)
    _, x = drawn_weights.layer(RANDOM, layer, (2, 3, *places))
    got = Pass({}).apply(layer, x)
    assert got.shape == layer.output_shape(x.shape)
    kernel, stride, padding = numbers.values()
    for n, c, *at in itertools.product(*(range(size) for size in got.shape)):
        begins = [k * s - p for k, s, p in zip(at, stride, padding, strict=True)]
        seen = [slice(max(0, b), b + size) for b, size in zip(begins, kernel, strict=True)]
        assert got[n, c, *at] == pytest.approx(combine(x[n, c, *seen]))


def test_padding_counts_as_zeros_in_a_mean():
    x = np.ones((1, 1, 2, 2))
    assert Pass({}).apply(AvgPool(2, 1, padding=1), x)[0, 0].tolist() == [
        [0.25, 0.5, 0.25],
        [0.5, 1.0, 0.5],
        [0.25, 0.5, 0.25],
    ]


def test_adaptive_windows_overlap_where_the_size_does_not_divide():
    x = np.arange(25.0).reshape(1, 1, 5, 5)
    spans = (slice(0, 3), slice(2, 5))
    expected = [[x[0, 0, rows, columns].mean() for columns in spans] for rows in spans]
    np.testing.assert_allclose(Pass({}).apply(AdaptiveAvgPool(2), x)[0, 0], expected)


@pytest.mark.parametrize("shape", [(2, 6, 3, 4), (2, 6, 5), (3, 6)])
@pytest.mark.parametrize("affine", [True, False])
def test_group_norm_by_hand(shape, affine):
    layer = GroupNorm(2, 6, eps=1e-3, affine=affine)
    weights, x = drawn_weights.layer(RANDOM, layer, shape)
    got = Pass(weights).apply(layer, x)
    for n, c in itertools.product(range(shape[0]), range(6)):
        group = x[n, :3] if c < 3 else x[n, 3:]
        expected = (x[n, c] - group.mean()) / math.sqrt(group.var() + 1e-3)
        if affine:
            expected = expected * weights["weight"][c] + weights["bias"][c]
        np.testing.assert_allclose(got[n, c], expected)

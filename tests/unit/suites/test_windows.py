"""Windows of convolutions: shapes, cost, and one description for one work."""

from suites.layers import (
    AdaptiveAvgPool,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
    InstanceNorm,
    MaxPool,
    Upsample,
)


def test_windows_that_stand_out_over_the_edge():
    assert MaxPool(3, 2, ceil=True).output_shape((1, 1, 110, 54)) == (1, 1, 55, 27)
    assert MaxPool(3, 2).output_shape((1, 1, 110, 54)) == (1, 1, 54, 26)
    # A window that would begin in the padding behind the image does not count.
    assert MaxPool(2, 2, padding=1, ceil=True).output_shape((1, 1, 3, 4)) == (1, 1, 2, 3)


def test_windows_of_every_form():
    image = (2, 3, 9, 8)
    assert Conv2d(3, 4, (1, 5), (2, 1), (0, 2)).output_shape(image) == (2, 4, 5, 8)
    assert Conv2d(3, 4, 3, dilation=(1, 3)).output_shape(image) == (2, 4, 7, 2)
    same = Conv2d(3, 4, (4, 3), 2, "same")
    assert same.output_shape(image) == (2, 4, 5, 4)
    assert same.window(image).edges == ((1, 2), (0, 1)), "an odd row of zeros stands behind"
    assert Conv1d(3, 4, 3, 2, 1).output_shape((2, 3, 9)) == (2, 4, 5)
    assert Conv3d(3, 4, (1, 3, 3), padding="same").output_shape((2, 3, 5, 6, 7)) == (2, 4, 5, 6, 7)
    assert ConvTranspose2d(3, 4, 3, 2, 1, 1).output_shape(image) == (2, 4, 18, 16)
    assert ConvTranspose2d(3, 4, (2, 3), (2, 1)).output_shape(image) == (2, 4, 18, 10)
    assert Upsample(3).output_shape(image) == (2, 3, 27, 24)


def test_pools_and_larger_ones_over_one_and_three_axes():
    assert MaxPool(3, 2).output_shape((2, 3, 9)) == (2, 3, 4)
    assert MaxPool((1, 2, 3), (1, 2, 2)).output_shape((2, 3, 4, 8, 9)) == (2, 3, 4, 4, 4)
    assert AdaptiveAvgPool((2, 1)).output_shape((2, 3, 9, 8)) == (2, 3, 2, 1)
    assert Upsample(2, "trilinear").output_shape((2, 3, 4, 5, 6)) == (2, 3, 8, 10, 12)
    assert MaxPool((2, 2), (2, 2)) == MaxPool(2, 2)


def test_equal_numbers_for_all_axes_are_one_number():
    assert Conv2d(3, 8, (3, 3), (1, 1), (2, 2)) == Conv2d(3, 8, 3, 1, 2)
    assert Conv2d(3, 8, (3, 2)).kernel == (3, 2)


def test_cost_of_convolutions_by_hand():
    assert Conv3d(2, 4, (1, 3, 3)).flop((2, 2, 5, 6, 7)) == 2 * 4 * 5 * 4 * 5 * (2 * 2 * 9 + 1)
    up = ConvTranspose2d(6, 4, 2, 2)
    assert up.flop((2, 6, 5, 3)) == 2 * 4 * 10 * 6 * (2 * 6 + 1)
    assert {n: p.shape for n, p in up.parameters().items()} == {
        "weight": (6, 4, 2, 2),
        "bias": (4,),
    }
    assert MaxPool((3, 2), (2, 1)).flop((1, 1, 7, 5)) == 3 * 4 * 6
    assert AdaptiveAvgPool((2, 1)).flop((1, 1, 5, 4)) == 6 * 4
    assert Upsample(2).flop((1, 1, 3, 4)) == 0
    assert Upsample(2, "bilinear").flop((1, 1, 3, 4)) == 3 * (6 * 4 + 6 * 8)
    assert InstanceNorm(6, affine=True).flop((2, 6, 4)) == 7 * 2 * 6 * 4

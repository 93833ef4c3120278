"""Memory that a model's steps take, added up by hand."""

import math

import pytest

from suites.architectures import ARCHITECTURES
from suites.architectures.dlrm import PLACES, dlrm_small
from suites.architectures.recurrent import language_model
from suites.layers import (
    GRU,
    BatchNorm,
    Concat,
    Conv2d,
    Flatten,
    Interaction,
    Linear,
    MaxPool,
    ReLU,
    Residual,
    SelfAttention,
    Sequential,
    SiLU,
    cost,
)

SMALL = Sequential(
    Conv2d(3, 8, kernel=3, padding=1, bias=False),
    BatchNorm(8),
    ReLU(),
    MaxPool(kernel=2, stride=2),
    Residual(Conv2d(8, 8, kernel=1)),
    SiLU(),
    Flatten(),
    Linear(8 * 4 * 4, 5),
)
SHAPE = (2, 3, 8, 8)
PARAMETERS = 8 * 3 * 9 + (8 + 8) + (8 * 8 + 8) + (5 * 128 + 5)  # without the running averages
WIDE, HALVED = 2 * 8 * 8 * 8, 2 * 8 * 4 * 4


def test_a_training_step_by_hand():
    arrays = 5 * PARAMETERS  # host, device, gradients, two moments
    batch = 2 * math.prod(SHAPE)
    # Convolution and norm; result and indices of the pool; convolution; SiLU; Linear.
    kept = 2 * WIDE + 3 * HALVED + HALVED + HALVED + 2 * 5
    gradients = WIDE + WIDE
    loss = 2 * (2 * 5)  # logarithms of what the model returns, and their gradient
    expected = 4 * (arrays + batch + kept + loss + gradients)
    assert cost.train_peak_bytes(SMALL, SHAPE, itemsize=4, state_arrays=2) == expected


def test_state_arrays_are_as_large_as_the_weights():
    plain, adam = (cost.train_peak_bytes(SMALL, SHAPE, 4, state_arrays=n) for n in (0, 2))
    assert adam - plain == 4 * 2 * PARAMETERS


def test_a_forward_pass_by_hand():
    expected = 2 * (2 * (PARAMETERS + math.prod(SHAPE)) + 2 * (WIDE + WIDE))
    assert cost.forward_peak_bytes(SMALL, SHAPE, itemsize=2) == expected


def test_attention_keeps_more_than_its_result():
    model, shape = SelfAttention(12, heads=3), (2, 7, 12)
    parameters, x = 4 * 12 * 12 + 4 * 12, 2 * 7 * 12
    expected = 4 * (3 * parameters + 2 * x + 5 * x + 2 * x + 2 * x)
    assert cost.train_peak_bytes(model, shape, itemsize=4, state_arrays=0) == expected


PEAKS_MB = {
    "alexnet": (1173, 1188),
    "vgg16": (2744, 3105),
    "resnet18": (298, 413),
    "mobilenet_v2": (362, 434),
    "efficientnet_b0": (448, 515),
    "squeezenet1_0": (143, 148),
    "unet": (895, 1059),
    "vit_b_16": (1915, 2112),
}
"""Peak resident memory, above that before the build, of a process on the CPU after the first and
after the third training step with Adam; batch 4, 3 x 224 x 224, 10 classes. The last two: batch 2
of their own sample."""


@pytest.mark.parametrize("name", PEAKS_MB)
def test_the_estimate_is_near_what_was_measured(name):
    architecture, own = ARCHITECTURES[name], name in ("unet", "vit_b_16")
    model = architecture.build() if own else architecture.build(classes=10)  # type: ignore[call-arg]
    shape = (2, *architecture.sample) if own else (4, 3, 224, 224)
    estimate = cost.train_peak_bytes(model, shape, itemsize=4, state_arrays=2)
    assert all(abs(estimate / 1e6 - peak) <= 0.25 * peak for peak in PEAKS_MB[name])


def test_an_interaction_makes_all_products_on_the_way():
    shape, batch = (3, 4 * 5), 3
    reads, makes, products, pairs = batch * 20, batch * (5 + 6), batch * 4 * 4, batch * 6
    expected = 4 * (2 * reads + 2 * (reads + makes + products + pairs))
    assert cost.forward_peak_bytes(Interaction(5), shape, itemsize=4) == expected


def test_estimates_of_words_and_features_are_near_what_was_measured():
    """MiB of PyTorch and TensorFlow, as in PEAKS_MB: the loss of 10,000 words for each place, and
    the products of a recommender's features."""
    language = cost.train_peak_bytes(language_model("small"), (20, 20), 4, 0) / 2**20
    assert all(abs(language - peak) <= 0.25 * peak for peak in (140, 110))
    recommender = cost.forward_peak_bytes(dlrm_small(), (2048, PLACES), 4) / 2**20
    assert all(abs(recommender - peak) <= 0.25 * peak for peak in (76, 86))


def test_a_loop_has_the_gradients_of_its_gates_twice():
    batch, places, inputs, width = 3, 7, 5, 4
    model, x, state = GRU(inputs, width, levels=2), batch * places * inputs, batch * places * width
    weights = 3 * width * (inputs + width + 2) + 3 * width * (width + width + 2)
    kept, gradients, loss = 2 * 10 * state, x + state + 2 * 3 * state, 2 * state
    expected = 4 * (3 * weights + 2 * x + kept + loss + gradients)
    assert cost.train_peak_bytes(model, (batch, places, inputs), 4, 0) == expected


def test_joined_branches_are_kept_beside_their_copy_where_a_derivative_needs_them():
    shape, values = (2, 3, 4, 4), 2 * 3 * 4 * 4
    convolved = Conv2d(3, 3, 1)
    end = Linear(4, 2)

    def kept(*branches):
        model = Sequential(Conv2d(3, 3, 1), Concat(*branches), end)
        return cost.train_peak_bytes(model, shape, 4, 0) // 4

    plain = kept(convolved, convolved)
    assert kept(Sequential(convolved, ReLU()), convolved) == plain + values
    # The empty branch's input is kept by the convolution before it, and has no weights.
    weights = 3 * (9 + 3)
    assert kept(Sequential(), convolved) == plain + values - values - weights

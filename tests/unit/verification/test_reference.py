"""The reference's own layers: against sums written out by hand, and finite differences."""

import itertools
import math

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import (
    ELU,
    GELU,
    AdaptiveAvgPool,
    AvgPool,
    BatchNorm,
    ClassToken,
    Concat,
    Conv1d,
    Conv2d,
    Conv3d,
    ConvTranspose2d,
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
    ReLU6,
    Reshape,
    Residual,
    Segment,
    SelfAttention,
    Sequential,
    Sigmoid,
    SiLU,
    Softmax,
    Tanh,
    Upsample,
)
from suites.verification.reference import training
from suites.verification.reference.meanings.arithmetic import Honest
from suites.verification.reference.meanings.model import NoReference, Pass
from suites.workload import SGD, Adam, Train
from tests.helpers import drawn_weights

RANDOM = np.random.default_rng(0)


@pytest.mark.parametrize("shape", [(4, 3, 5, 2), (4, 3, 5), (7, 3)])
def test_batch_norm_takes_the_batch_in_training_and_its_averages_after(shape):
    layer = BatchNorm(3, eps=1e-3, momentum=0.2)
    weights, x = drawn_weights.layer(RANDOM, layer, shape)
    weights["running_var"] = np.abs(weights["running_var"])
    run = Pass(weights, training=True)
    trained = run.apply(layer, x)
    for c in range(3):
        values, scale, shift = x[:, c], weights["weight"][c], weights["bias"][c]
        normal = (values - values.mean()) / math.sqrt(values.var() + 1e-3)
        np.testing.assert_allclose(trained[:, c], normal * scale + shift)
        moved = 0.8 * weights["running_var"][c] + 0.2 * values.var(ddof=1)
        assert run.averages["running_var"][c] == pytest.approx(moved)
        moved = 0.8 * weights["running_mean"][c] + 0.2 * values.mean()
        assert run.averages["running_mean"][c] == pytest.approx(moved)
        normal = (values - weights["running_mean"][c]) / math.sqrt(weights["running_var"][c] + 1e-3)
        inferred = Pass(weights).apply(layer, x)
        np.testing.assert_allclose(inferred[:, c], normal * scale + shift)


def test_attention_by_hand():
    layer = SelfAttention(6, 2)
    weights, x = drawn_weights.layer(RANDOM, layer, (2, 4, 6))
    got = Pass(weights).apply(layer, x)
    for n in range(2):
        inner = x[n] @ weights["in_weight"].T + weights["in_bias"]
        q, k, v = inner[:, :6], inner[:, 6:12], inner[:, 12:]
        heads = []
        for h in (slice(0, 3), slice(3, 6)):
            scores = np.exp(q[:, h] @ k[:, h].T / math.sqrt(3))
            heads.append(scores / scores.sum(axis=1, keepdims=True) @ v[:, h])
        joined = np.concatenate(heads, axis=1)
        expected = joined @ weights["out_weight"].T + weights["out_bias"]
        np.testing.assert_allclose(got[n], expected)


def test_elementwise_layers_by_hand():
    x = np.array([[-7.0, -0.5, 0.0, 0.5, 7.0]])
    sigmoid = [1 / (1 + math.exp(-v)) for v in x[0]]
    expected = {
        ReLU6(): [0, 0, 0, 0.5, 6],
        Sigmoid(): sigmoid,
        SiLU(): [v * s for v, s in zip(x[0], sigmoid, strict=True)],
        LeakyReLU(0.1): [-0.7, -0.05, 0, 0.5, 7],
        ELU(0.5): [0.5 * math.expm1(-7), 0.5 * math.expm1(-0.5), 0, 0.5, 7],
        GELU("tanh"): [
            0.5 * v * (1 + math.tanh(math.sqrt(2 / math.pi) * (v + 0.044715 * v**3))) for v in x[0]
        ],
        GELU(): [v * 0.5 * (1 + math.erf(v / math.sqrt(2))) for v in x[0]],
        Tanh(): [math.tanh(v) for v in x[0]],
    }
    for layer, values in expected.items():
        np.testing.assert_allclose(Pass({}).apply(layer, x)[0], values, atol=1e-15)


def test_values_are_moved_as_described():
    x = np.arange(2 * 8 * 2 * 3).reshape(2, 8, 2, 3)
    shuffled = Pass({}).apply(PixelShuffle(2), x)
    for c, i, j in itertools.product(range(2), range(4), range(6)):
        from_channel = c * 4 + i % 2 * 2 + j % 2
        assert shuffled[1, c, i, j] == x[1, from_channel, i // 2, j // 2]
    assert Pass({}).apply(Permute((0, 2, 3, 1)), x)[1, 0, 2, 5] == x[1, 5, 0, 2]
    assert Pass({}).apply(Reshape((4, -1)), x)[1, 2].tolist() == x[1, 4:6].ravel().tolist()


def test_a_class_token_stands_before_every_sequence():
    layer = ClassToken(3)
    weights, x = drawn_weights.layer(RANDOM, layer, (2, 4, 3))
    got = Pass(weights).apply(layer, x)
    np.testing.assert_array_equal(got[:, 1:], x)
    assert got[:, 0].tolist() == [weights["weight"].tolist()] * 2


def test_softmax_shares_along_its_axis():
    x = RANDOM.uniform(-3, 3, (2, 3, 4))
    powers = np.exp(x)
    shares = powers / powers.sum(axis=1, keepdims=True)
    np.testing.assert_allclose(Pass({}).apply(Softmax(1), x), shares)
    np.testing.assert_allclose(Pass({}).apply(Softmax(-2), x), shares)


WINDOWS = Sequential(
    Conv2d(2, 4, (3, 2), (2, 1), "same", dilation=(1, 2)),
    InstanceNorm(4, affine=True),
    ConvTranspose2d(4, 2, 3, 2, 1, 1),
    Upsample(2, "bilinear"),
    Reshape((2, 4, 6, -1)),
    Conv3d(2, 4, (2, 3, 3), stride=(1, 2, 2), groups=2),
    Reshape((4, -1)),
    Conv1d(4, 4, 3, 2, groups=4),
    BatchNorm(4),
    Conv1d(4, 3, 2, dilation=2),
    Flatten(),
)
IMAGES = Sequential(
    Conv2d(2, 4, 3, padding=1),
    BatchNorm(4),
    SiLU(),
    PixelShuffle(2),
    Permute((0, 1, 3, 2)),
    Reshape((4, 9, 9)),
    LeakyReLU(0.2),
    GroupNorm(2, 4),
    Gated(Sequential(GlobalAvgPool(), Conv2d(4, 4, 1), Sigmoid())),
    Concat(Conv2d(4, 2, 1), Conv2d(4, 4, 3, padding=1, groups=2)),
    Conv2d(6, 6, 3, stride=2, padding=1, groups=6),
    Residual(Conv2d(6, 3, 2), shortcut=Sequential(MaxPool(2, 1), Conv2d(6, 3, 1))),
    AvgPool(2, 1, padding=1),
    ELU(0.5),
    AdaptiveAvgPool(2),
    Softmax(2),
    GlobalAvgPool(),
)
WORDS = Sequential(
    Embedding(11, 8),
    ClassToken(8),
    Positions(6, 8),
    Segment(2, 8),
    Residual(SelfAttention(8, 2)),
    LayerNorm(8),
    GroupNorm(1, 6, affine=False),
    Residual(Sequential(Linear(8, 12), GELU("tanh"), Linear(12, 8), GELU())),
    FirstToken(),
    Linear(8, 4),
    Tanh(),
)


@pytest.mark.parametrize(
    ("model", "shape"), [(IMAGES, (3, 2, 9, 9)), (WINDOWS, (3, 2, 5, 6)), (WORDS, (3, 5))]
)
def test_every_gradient_agrees_with_finite_differences(model, shape):
    if model is IMAGES:
        model = Sequential(model, Flatten())
    workload = Train(suite="t", name="t", model=model, input_shape=shape, optimizer=SGD(lr=0.1))
    made = arrays.make(workload, 0)
    weights = {p: w.astype(np.float64) for p, w in made.weights.items()}
    x = arrays.rounded(made.inputs["x"], "float32")
    gradients = training.passed(workload, weights, {**made.inputs, "x": x}).gradients
    for path, gradient in gradients.items():
        index = np.unravel_index(int(np.argmax(np.abs(gradient))), gradient.shape)
        ends = []
        for nudge in (-1e-6, 1e-6):
            moved = weights | {path: weights[path].copy()}
            moved[path][index] += nudge
            ends.append(training.passed(workload, moved, {**made.inputs, "x": x}).loss)
        slope = (ends[1] - ends[0]) / 2e-6
        assert gradient[index] == pytest.approx(slope, rel=1e-4, abs=1e-8), path


@pytest.mark.parametrize(
    ("model", "shape"),
    [
        (Sequential(IMAGES, ReLU6(), MaxPool(1, 1), Flatten()), (3, 2, 9, 9)),
        (WINDOWS, (3, 2, 5, 6)),
        (WORDS, (3, 5)),
    ],
)
def test_the_float32_solution_is_one(model, shape):
    """It shows what rounding does: one layer that widens would hide it."""
    honest = Honest("float32", 0)
    workload = Train(suite="t", name="t", model=model, input_shape=shape, optimizer=SGD(lr=0.1))
    made = arrays.make(workload, 0)
    run = Pass(dict(made.weights), training=True, arithmetic=honest)
    assert run.apply(model, made.inputs["x"]).dtype == np.float32
    assert {a.dtype for a in run.averages.values()} <= {np.dtype(np.float32)}
    seen = training.passed(workload, dict(made.weights), made.inputs, honest)
    assert {path for path, g in seen.gradients.items() if g.dtype != np.float32} == set()


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize("rule", [SGD(lr=0.1), Adam(lr=1e-3)], ids=["sgd", "adam"])
def test_updates_in_blocks_give_the_bits_of_updates_over_whole_arrays(rule, kind):
    shape, xp = (3, training.BLOCK // 2 + 1), np if kind is np.float64 else training.Float32()
    state = training.State(rule)
    weights = {"w": RANDOM.standard_normal(shape).astype(kind)}
    w, kept = weights["w"], (np.zeros(shape, kind),) * len(rule.slots)
    own = training.rule_in(kind, rule)
    for count in (1, 2, 3):
        g = RANDOM.standard_normal(shape[::-1]).astype(kind).T  # as gradients of a product lie
        weights = state.updated(weights, {"w": g})
        w, kept = own.update(w, g, kept, own.factors(np.float64(count), xp), xp)
        for got, right in zip((weights["w"], *state.kept.values()), (w, *kept), strict=True):
            assert got.dtype == kind
            np.testing.assert_array_equal(got, right)


def stepped(draw, count=1):
    """By how much Adam's step of that number falls short, all gradients alike."""
    weights, gradient = {"w": np.zeros(1, np.float32)}, {"w": np.full(1, np.float32(0.5))}
    state = training.State(Adam(lr=1e-3), Honest("float32", draw))
    for _ in range(count):
        before, weights = weights, state.updated(weights, gradient)
    return 1 - float(weights["w"][0] - before["w"][0]) / -1e-3


def test_honest_powers_are_off_by_a_unit_either_way():
    """1 - 0.999^t of the first steps is so small that a unit shows in Adam's step."""
    nearest, up, down = map(stepped, range(3))
    assert down < nearest < up
    assert 1e-5 < up - down < 1e-4


def test_an_honest_correction_may_be_of_0_999_where_the_averages_are_of_its_float32():
    """They differ by a hundred thousandth, in every step and to the same side."""
    consistent, mixed = stepped(0, 20), stepped(3, 20)
    assert 4e-6 < abs(mixed - consistent) < 2e-5


def test_a_layer_it_does_not_know_is_named():
    class Strange(Tanh.__base__):  # type: ignore[name-defined]
        pass

    with pytest.raises(NoReference, match="no Strange"):
        Pass({}).apply(Strange(), np.zeros((1, 1)))

"""Verification: right answers pass, and every kind of wrong answer fails."""

import dataclasses

import numpy as np
import pytest

from suites import arrays, catalog, checks, reference
from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    Gated,
    GlobalAvgPool,
    Linear,
    ReLU,
    ReLU6,
    Residual,
    Sequential,
    Sigmoid,
    SiLU,
)
from suites.reference import model, training
from suites.reference.model import Pass
from suites.tolerance import output_limit
from suites.training_checks import change_name
from suites.workload import SGD, Forward, Product, Train

SHAPE = (6, 8)
MODEL = Sequential(Linear(8, 5), Residual(Sequential(Linear(5, 5), ReLU())), Linear(5, 3))
TRAIN = Train(suite="t", name="train", model=MODEL, input_shape=SHAPE, optimizer=SGD(lr=0.1))
FORWARD = Forward(suite="t", name="forward", model=MODEL, input_shape=SHAPE)
PRODUCT = Product(suite="t", name="product", m=70, k=9, n=11)


def one_step(weights, x, labels):
    """The loss and every weight's change."""
    loss, gradients, _ = training.gradient(TRAIN, weights, x, labels)
    return loss, {path: -0.1 * gradient for path, gradient in gradients.items()}


class Honest:
    """The training step in float32, with a place to go wrong."""

    def __init__(self, spoil=lambda step, changes: changes):
        made = arrays.make(TRAIN, 0)
        self.weights = {p: w.astype(np.float64) for p, w in made.weights.items()}
        self.x, self.labels = made.inputs["x"].astype(np.float64), made.inputs["labels"]
        self.spoil, self.count = spoil, 0

    def __call__(self):
        self.count += 1
        loss, changes = one_step(self.weights, self.x, self.labels)
        changes = self.spoil(self.count, changes)
        self.weights = {
            p: (w + changes[p]).astype(np.float32).astype(np.float64)
            for p, w in self.weights.items()
        }
        return {"loss": np.asarray(loss), **self.weights}


def verdict(workload, run, tmp_path):
    """Names of the checks that fail."""
    expected = reference.expected(workload, "float32", 0, tmp_path)
    weights = arrays.make(workload, 0).weights
    found = checks.compare(checks.observe(workload, run, weights, 0), expected)
    return [check.name for check in found if not check.passed]


def test_a_right_training_step_passes(tmp_path):
    assert verdict(TRAIN, Honest(), tmp_path) == []


def scaled(path, factor):
    return lambda step, changes: changes | {path: changes[path] * factor}


@pytest.mark.parametrize("path", ["0.weight", "0.bias", "1.body.0.weight", "2.weight", "2.bias"])
def test_a_gradient_wrong_in_one_parameter_is_named(tmp_path, path):
    failed = verdict(TRAIN, Honest(scaled(path, 1.02)), tmp_path)
    assert change_name(path) in failed


def test_one_wrong_element_of_one_gradient_is_found(tmp_path):
    def spoil(step, changes):
        wrong = changes["0.weight"].copy()
        wrong[2, 3] = 0
        return changes | {"0.weight": wrong}

    assert "change of 0.weight" in verdict(TRAIN, Honest(spoil), tmp_path)


def test_a_step_that_does_not_learn_is_found(tmp_path):
    frozen = Honest(lambda step, changes: {p: 0 * c for p, c in changes.items()})
    assert "loss" in verdict(TRAIN, frozen, tmp_path)


def test_a_wrong_loss_with_right_gradients_is_found(tmp_path):
    honest = Honest()
    run = lambda: (r := honest()) | {"loss": r["loss"] * 1.001}  # noqa: E731
    assert verdict(TRAIN, run, tmp_path) == ["loss"]


def test_a_forgotten_weight_is_found(tmp_path):
    honest = Honest()
    run = lambda: {n: v for n, v in honest().items() if n != "2.bias"}  # noqa: E731
    assert verdict(TRAIN, run, tmp_path) == ["change of 2.bias"]


def forward_answer():
    made = arrays.make(FORWARD, 0)
    weights = {p: w.astype(np.float64) for p, w in made.weights.items()}
    x = made.inputs["x"].astype(np.float64)
    return reference.outputs(FORWARD, weights, x).astype(np.float32)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda y: y * 1.0001,
        lambda y: y[::-1],
        lambda y: y[:-1],
        lambda y: np.where(np.arange(y.size).reshape(y.shape) == 4, np.nan, y),
        lambda y: np.zeros_like(y),
    ],
    ids=["scaled", "reversed", "short", "not a number", "zero"],
)
def test_a_wrong_output_is_found(tmp_path, spoil):
    right = forward_answer()
    assert verdict(FORWARD, lambda: {"output": right}, tmp_path) == []
    assert verdict(FORWARD, lambda: {"output": spoil(right)}, tmp_path) == ["output"]


def product_answer(precision="float32"):
    inputs = arrays.make(PRODUCT, 0).inputs
    a, b = (arrays.rounded(inputs[name], precision) for name in "ab")
    return (a @ b).astype(np.float32)


def test_a_wrong_element_outside_the_sampled_rows_is_found(tmp_path):
    right = product_answer()
    unsampled = next(i for i in range(70) if i not in checks.sampled_rows(PRODUCT))
    wrong = right.copy()
    wrong[unsampled, 5] += 0.01
    assert verdict(PRODUCT, lambda: {"product": right}, tmp_path) == []
    assert verdict(PRODUCT, lambda: {"product": wrong}, tmp_path) == ["probe"]


def test_a_product_of_rounded_operands_does_not_pass_as_float32(tmp_path):
    """TF32 and bfloat16 products must be labelled, not mistaken for float32."""
    run = lambda: {"product": product_answer("bfloat16")}  # noqa: E731
    assert "rows" in verdict(PRODUCT, run, tmp_path)


def test_generated_products_must_be_random(tmp_path):
    workload = Product(suite="t", name="g", m=1, k=400, n=1, generated=True)
    normal = np.random.default_rng(0)
    right = lambda: {"product": normal.standard_normal((1, 1)) * 20}  # noqa: E731
    assert verdict(workload, right, tmp_path) == []
    assert verdict(workload, lambda: {"product": np.zeros((1, 1))}, tmp_path) == [
        "mean square",
        "repeated",
    ]
    assert verdict(workload, lambda: {"product": np.full((1, 1), 20.0)}, tmp_path) == ["repeated"]


def test_limits_are_sharp_for_the_real_training_step():
    """A limit near the size of the change itself would let a wrong gradient through."""
    entries = reference.solve(catalog.find("mlp", "smoke", "mlp/train/64"), "float32", 0).entries
    changes = [n.removesuffix("|value") for n in entries if n.endswith("|value")]
    for name in (n for n in changes if n.startswith("change")):
        value = entries[f"{name}|value"]
        limit = np.broadcast_to(entries[f"{name}|limit"], value.shape)
        assert np.quantile(limit, 0.99) < 0.02 * np.abs(value).max()


def block(width, activation):
    """Widened, filtered channel by channel, channels weighed, narrowed: as in mobile networks."""
    wide = 4 * width
    return Residual(
        Sequential(
            *(Conv2d(width, wide, 1, bias=False), BatchNorm(wide), activation),
            *(Conv2d(wide, wide, 3, padding=1, groups=wide, bias=False), BatchNorm(wide)),
            activation,
            Gated(Sequential(GlobalAvgPool(), Conv2d(wide, wide, 1), Sigmoid())),
            *(Conv2d(wide, width, 1, bias=False), BatchNorm(width)),
        )
    )


def mobile(activation):
    blocks = (block(8, activation) for _ in range(3))
    stem = Conv2d(3, 8, 3, stride=2, padding=1, bias=False), BatchNorm(8), activation
    return Forward(
        suite="t",
        name="mobile",
        model=Sequential(*stem, *blocks, GlobalAvgPool(), Flatten(), Linear(8, 10)),
        input_shape=(16, 3, 32, 32),
    )


def tf32(array):
    """The values with the 10 bits that TF32 keeps of their fractions, to nearest."""
    bits = array.view(np.uint32)
    return ((bits + np.uint32(0x1000)) & np.uint32(0xFFFFE000)).view(np.float32)


@pytest.mark.parametrize("activation", [SiLU(), ReLU6()])
def test_convolutions_in_tf32_do_not_pass_as_float32(monkeypatch, activation):
    """However many images: inference takes no sum over them in batch normalisation."""
    workload = mobile(activation)
    made, right = arrays.make(workload, 0), model.convolve
    exact = {path: array.astype(np.float64) for path, array in made.weights.items()}
    expected = reference.outputs(workload, exact, made.inputs["x"].astype(np.float64))
    published = dataclasses.replace(workload, input_shape=(64, 3, 224, 224))

    def passes():
        error = np.abs(Pass(made.weights).apply(workload.model, made.inputs["x"]) - expected)
        limits = (output_limit(w, expected, "float32") for w in (workload, published))
        return [bool(np.max(error) <= limit) for limit in limits]

    assert passes() == [True, True]
    rounding = lambda x, weight, *rest: right(tf32(x), tf32(weight), *rest)  # noqa: E731
    monkeypatch.setattr(model, "convolve", rounding)
    assert passes() == [False, False]


def test_gradients_agree_with_finite_differences():
    made = arrays.make(TRAIN, 0)
    weights = {p: w.astype(np.float64) for p, w in made.weights.items()}
    x, labels = made.inputs["x"].astype(np.float64), made.inputs["labels"]
    _, changes = one_step(weights, x, labels)
    for path, index in (("0.weight", (1, 2)), ("1.body.0.bias", (3,)), ("2.weight", (0, 4))):
        ends = []
        for nudge in (-1e-6, 1e-6):
            moved = {p: w.copy() for p, w in weights.items()}
            moved[path][index] += nudge
            ends.append(one_step(moved, x, labels)[0])
        slope = (ends[1] - ends[0]) / 2e-6
        assert changes[path][index] == pytest.approx(-0.1 * slope, rel=1e-5, abs=1e-9)


def test_a_cached_reference_is_not_computed_again(tmp_path, monkeypatch):
    first = reference.expected(FORWARD, "float32", 0, tmp_path)
    monkeypatch.setattr(reference, "solve", lambda *_: pytest.fail("computed again"))
    assert reference.expected(FORWARD, "float32", 0, tmp_path) == first


def test_flatten_is_channels_first():
    x = np.arange(12.0).reshape(1, 3, 2, 2)
    flat = Pass({}).apply(Flatten(), x)
    assert flat.tolist() == [list(range(12))]


def test_a_wrong_value_where_zero_is_right_is_found(tmp_path):
    """The limit follows the size of the right values: there it must not become 0 / 0."""
    expected = reference.Expected()
    expected.add("output", np.zeros(2), 0.0)
    expected.save(tmp_path / "expected.npz")
    for got, right in (([0.0, 0.0], True), ([0.0, 5.0], False)):
        (check,) = checks.compare({"output": np.array(got)}, tmp_path / "expected.npz")
        assert check.passed == right

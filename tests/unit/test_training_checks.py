"""Verification of Adam, batch normalisation and learning: right passes, every fault is named."""

import numpy as np
import pytest

from suites import arrays, checks, reference
from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    GlobalAvgPool,
    Linear,
    MaxPool,
    ReLU,
    Sequential,
    ShapeError,
)
from suites.reference import learning, training
from suites.workload import SGD, Adam, Data, Learn, Train, checkable

MODEL = Sequential(
    conv=Conv2d(3, 6, 3, padding=1),
    norm=BatchNorm(6),
    relu=ReLU(),
    pool=MaxPool(2, 2),
    tail=Sequential(GlobalAvgPool(), Flatten(), Linear(6, 4)),
)
ADAM = Train(suite="t", name="adam", model=MODEL, input_shape=(5, 3, 8, 8), optimizer=Adam(lr=1e-2))
SMALL = Sequential(Linear(6, 16), ReLU(), Linear(16, 3))
LEARN = Learn(
    suite="t",
    name="learn",
    model=SMALL,
    data=Data("synthetic", 64, 40, (6,), 3),
    batch=8,
    epochs=3,
    optimizer=SGD(lr=0.2),
)


class Honest:
    """Adam in float32, written apart from the reference's, with places to go wrong."""

    beta1, beta2, eps = 0.9, 0.999, 1e-8
    corrects = True
    eps_inside = False

    def __init__(self, spoil=lambda gradients: gradients, averages=lambda new: new):
        made = arrays.make(ADAM, 0)
        self.weights = {p: w.astype(np.float64) for p, w in made.weights.items()}
        self.batch = made.inputs["x"].astype(np.float64), made.inputs["labels"]
        self.spoil, self.averages, self.count = spoil, averages, 0
        self.m, self.v = {}, {}

    def __call__(self):
        self.count += 1
        loss, gradients, new = training.gradient(ADAM, self.weights, *self.batch)
        gradients = self.spoil(gradients)
        for path, g in gradients.items():
            self.m[path] = self.beta1 * self.m.get(path, 0) + (1 - self.beta1) * g
            self.v[path] = self.beta2 * self.v.get(path, 0) + (1 - self.beta2) * g**2
            self.weights[path] = self.weights[path] - 1e-2 * self.direction(path)
        self.weights |= self.averages(new)
        moments = {Adam.first_moment(p): m for p, m in self.m.items()}
        moments |= {Adam.second_moment(p): v for p, v in self.v.items()}
        results = {**self.weights, **moments, "loss": np.asarray(loss)}
        return {name: np.asarray(a, dtype=np.float32) for name, a in results.items()}

    def direction(self, path):
        m, v = self.m[path], self.v[path]
        if self.corrects:
            m, v = m / (1 - 0.9**self.count), v / (1 - 0.999**self.count)
        if self.eps_inside:
            return m / np.sqrt(v + self.eps)
        return m / (np.sqrt(v) + self.eps)


def failed(workload, run, folder):
    """Names of the checks that fail."""
    expected = reference.expected(workload, "float32", 0, folder)
    observed = checks.observe(workload, run, arrays.make(workload, 0).weights, 0)
    return {check.name for check in checks.compare(observed, expected) if not check.passed}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One cache for the whole file: the reference is solved once."""
    return tmp_path_factory.mktemp("reference")


def test_a_right_adam_step_passes(folder):
    assert failed(ADAM, Honest(), folder) == set()


@pytest.mark.parametrize("path", ["conv.weight", "norm.weight", "norm.bias", "tail.2.bias"])
def test_a_wrong_gradient_is_named_though_adam_hides_its_size(folder, path):
    wrong = Honest(lambda gradients: gradients | {path: gradients[path] * 1.05})
    assert f"gradient of {path}" in failed(ADAM, wrong, folder)


def test_a_forgotten_bias_correction_is_found(folder):
    wrong = Honest()
    wrong.corrects = False
    assert "update of conv.weight" in failed(ADAM, wrong, folder)


def test_an_epsilon_inside_the_root_is_found(folder):
    wrong = Honest()
    wrong.eps_inside = True
    assert "update of tail.2.weight" in failed(ADAM, wrong, folder)


def test_another_beta_is_found(folder):
    wrong = Honest()
    wrong.beta2 = 0.99
    assert "update of conv.weight" in failed(ADAM, wrong, folder)


@pytest.mark.parametrize(
    "averages",
    [lambda new: {}, lambda new: {p: a * 1.01 for p, a in new.items()}],
    ids=["left alone", "one percent off"],
)
def test_wrong_running_averages_are_found(folder, averages):
    names = failed(ADAM, Honest(averages=averages), folder)
    assert names >= {"change of norm.running_mean", "change of norm.running_var"}


def test_missing_moments_are_found(folder):
    honest = Honest()
    run = lambda: {n: a for n, a in honest().items() if n != "conv.weight|v"}  # noqa: E731
    assert failed(ADAM, run, folder) == {"update of conv.weight"}


def right_curves():
    learned = learning.learn(LEARN, arrays.make(LEARN, 0), np.float64)
    return {name: np.asarray(a, dtype=np.float32) for name, a in learned.results.items()}


def test_right_curves_pass(folder):
    curves = right_curves()
    assert failed(LEARN, lambda: curves, folder) == set()
    assert curves["train_loss"][-1] < curves["train_loss"][0]


def test_an_accuracy_of_zero_beside_a_normal_loss_is_caught(folder):
    """As published of one GPU: the comparison of the largest output with the label was wrong."""
    curves = right_curves() | {"correct": np.zeros(3, dtype=np.float32)}
    assert failed(LEARN, lambda: curves, folder) == {"correct"}


@pytest.mark.parametrize("name", ["train_loss", "test_loss"])
def test_a_curve_off_in_the_third_digit_is_caught(folder, name):
    curves = right_curves()
    curves[name] = curves[name] * np.float32(1.002)
    assert failed(LEARN, lambda: curves, folder) == {name}


def test_what_is_too_large_is_checked_smaller():
    large = Train(
        suite="t", name="l", model=Sequential(Linear(4000, 4000)), input_shape=(2000, 4000),
        optimizer=SGD(lr=0.1),
    )  # fmt: skip
    assert checkable(large).input_shape == (2, 4000)
    assert checkable(ADAM) == ADAM
    long = Learn(
        suite="t", name="l", model=Sequential(Linear(4000, 4000)), batch=10, epochs=9,
        data=Data("random", 100_000, 10, (4000,), 4000), optimizer=SGD(lr=0.1),
    )  # fmt: skip
    short = checkable(long)
    assert (short.epochs, short.batch) == (1, 10)
    assert 10 <= short.data.train < 100_000


def test_batch_norm_over_one_value_cannot_train():
    with pytest.raises(ShapeError, match=r"0: BatchNorm expects more than one value"):
        Train(
            suite="t", name="b", model=Sequential(BatchNorm(3)), input_shape=(1, 3, 1, 1),
            optimizer=SGD(lr=0.1),
        )  # fmt: skip


def test_limits_of_learning_follow_its_growth_and_stay_where_there_is_none():
    calm = learning.reach(np.full(4, 1e-6), 1e-6)
    assert calm == pytest.approx(np.full(4, 9e-6))
    chaotic = learning.reach(np.array([1e-7, 1e-7, 1e-5, 1e-3]), 1e-6)
    assert chaotic[0] < 1e-5  # nothing has gone astray, nor will at once
    assert chaotic[2] > 8 * 1e-5 * 80**2

"""Losses, accumulation, clipping and active dropout: right answers pass, every other is found."""

import dataclasses
import math
from typing import Any

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import (
    BatchNorm,
    Conv2d,
    Dropout,
    Linear,
    Residual,
    Sequential,
    ShapeError,
    SiLU,
    StochasticDepth,
    Tanh,
    masks,
)
from suites.verification.reference import training
from suites.verification.reference.meanings.losses import LOSSES
from suites.workload import SGD, Adam, Data, Learn, Train
from tests.helpers.answers import Ruled, after, before, worst

PLAIN = Sequential(
    Sequential(Linear(12, 24), SiLU(), Dropout(0.4, active=True)),
    Residual(Sequential(Linear(24, 24), Tanh(), StochasticDepth(0.5, active=True))),
    head=Linear(24, 3),
)
IMAGES = Sequential(Conv2d(3, 6, 3, padding=1), BatchNorm(6), SiLU(), Conv2d(6, 2, 1))


def changed(model, **layers):
    """The model with other layers at the places of its first sequence."""
    (name, first), *rest = model.children
    inner = dict(first.children) | layers
    return Sequential(**{name: Sequential(**inner)}, **dict(rest))


MSE = Train(
    suite="t", name="mse", model=PLAIN, input_shape=(8, 12), optimizer=Adam(lr=1e-2),
    loss="mse", accumulate=2, clip_norm=0.2,
)  # fmt: skip
BCE = Train(
    suite="t", name="bce", model=IMAGES, input_shape=(6, 3, 7, 5), optimizer=SGD(lr=0.1),
    loss="bce", accumulate=3,
)  # fmt: skip
OTHERS: dict[str, tuple[Train, dict[str, Any]]] = {
    "not clipped": (MSE, {"clip_norm": None}),
    "clipped at a little more": (MSE, {"clip_norm": 0.202}),
    "another loss": (MSE, {"loss": "bce"}),
    "nothing dropped": (MSE, {"model": changed(PLAIN, **{"2": Dropout(0.4)})}),
    "not scaled up": (MSE, {"model": changed(PLAIN, **{"2": Dropout(0.0, active=True)})}),
    "statistics of the whole batch": (BCE, {"accumulate": 1}),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One cache for the whole file: the reference is solved once."""
    return tmp_path_factory.mktemp("reference")


@pytest.mark.parametrize("look", [before, after])
@pytest.mark.parametrize("work", [MSE, BCE], ids=lambda work: work.name)
def test_right_steps_pass_with_room(folder, work, look):
    assert worst(look(work, lambda made: Ruled(work, made, work.optimizer), folder)) < 0.6


@pytest.mark.parametrize("fault", OTHERS)
def test_another_recipe_is_found(folder, fault):
    work, changes = OTHERS[fault]
    other = dataclasses.replace(work, **changes)
    assert worst(before(work, lambda made: Ruled(other, made, work.optimizer), folder)) > 2


def test_gradients_that_are_summed_and_not_averaged_are_found(folder):
    def run_of(made):
        run = Ruled(BCE, made, SGD(lr=0.1 * BCE.accumulate))
        return lambda: run()

    assert worst(before(BCE, run_of, folder)) > 2


def test_losses_worked_out_by_hand():
    outputs, targets = np.array([[0.0, 2.0]]), np.array([[1.0, 0.0]])
    assert LOSSES["mse"](outputs, targets) == pytest.approx((1 + 4) / 2)
    by_hand = (math.log(2) + 2 + math.log(1 + math.exp(-2))) / 2
    assert LOSSES["bce"](outputs, targets) == pytest.approx(by_hand)


def test_parts_are_averaged_and_clipped_by_hand():
    """y = w x, (y - t)^2: the gradient is 2 x (w x - t)."""
    work = Train(
        suite="t", name="hand", model=Linear(1, 1, bias=False), input_shape=(2, 1),
        optimizer=SGD(lr=1.0), loss="mse", accumulate=2,
    )  # fmt: skip
    batch = {"x": np.array([[1.0], [2.0]]), "labels": np.array([[0.0], [1.0]])}
    weights = {"weight": np.array([[3.0]])}
    made = training.passed(work, weights, batch)
    assert made.loss == pytest.approx((9 + 25) / 2)
    assert made.gradients["weight"].item() == pytest.approx((6 + 20) / 2)
    clipped = training.passed(dataclasses.replace(work, clip_norm=2.0), weights, batch)
    assert clipped.gradients["weight"].item() == pytest.approx(2.0)


def test_masks_have_their_shapes_their_share_of_zeros_and_change_from_batch_to_batch():
    shape = (64, 12)
    assert masks(PLAIN, shape) == {"0.2.mask": ((64, 24), 0.4), "1.body.2.mask": ((64, 1), 0.5)}
    made = arrays.make(dataclasses.replace(MSE, input_shape=shape), 0)
    one, other = (batch["0.2.mask"] for batch in made.ring[:2])
    assert set(np.unique(one)) == {0.0, 1.0}
    assert np.mean(one) == pytest.approx(0.6, abs=0.05)
    assert not np.array_equal(one, other)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"loss": "hinge"}, "loss expects one of cross_entropy, mse, bce. Received: 'hinge'"),
        ({"accumulate": 3}, r"accumulate expects a batch of 3 equal parts. Received: \[8, 12\]"),
        ({"accumulate": 0}, "accumulate expects a whole number from 1 on. Received: 0"),
        ({"clip_norm": 0.0}, "clip_norm expects a finite number above 0. Received: 0.0"),
    ],
)
def test_a_recipe_that_cannot_be_is_refused(changes, said):
    with pytest.raises(ValueError, match=said):
        dataclasses.replace(MSE, **changes)


def test_dropout_that_cannot_be_is_refused():
    with pytest.raises(ShapeError, match="Dropout expects a rate below 1 where it is active"):
        Dropout(1.0, active=True).output_shape((2, 3))
    with pytest.raises(ValueError, match=r"learning expects dropout that is the identity.*0.2"):
        Learn(
            suite="t", name="l", model=PLAIN, data=Data("synthetic", 8, 4, (12,), 3), batch=4,
            epochs=1, optimizer=SGD(lr=0.1),
        )  # fmt: skip

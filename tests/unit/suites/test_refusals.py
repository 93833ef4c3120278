"""Work that cannot be is refused when it is described, or as a bad request: never in the run."""

import dataclasses
import math

import pytest

from bench.plan import request
from suites.layers import Linear, ReLU, Sequential
from suites.layers.elementwise import Elementwise
from suites.workload import SGD, Adam, Data, Forward, Learn, Lifecycle, Train

MODEL = Sequential(Linear(6, 3))
TRAIN = Train(suite="s", name="t", model=MODEL, input_shape=(4, 6), optimizer=SGD(lr=0.1))
LEARN = Learn(
    suite="s",
    name="l",
    model=MODEL,
    data=Data("synthetic", 8, 4, (6,), 3),
    batch=4,
    epochs=1,
    optimizer=SGD(lr=0.1),
)


@pytest.mark.parametrize("lr", [0, -0.1, math.inf, math.nan, "0.1", None])
@pytest.mark.parametrize("rule", [SGD, Adam])
def test_a_rate_that_is_no_finite_number_above_0(rule, lr):
    with pytest.raises(
        ValueError, match=f"{rule.__name__} expects .*finite.* Received: .*lr={lr!r}"
    ):
        rule(lr=lr)


@pytest.mark.parametrize(
    "wrong", [{"beta1": 1.0}, {"beta2": 1.0}, {"beta2": -0.1}, {"beta1": "0.9"}, {"eps": 0.0}]
)
def test_an_adam_that_would_divide_by_0(wrong):
    with pytest.raises(ValueError, match="beta1 and beta2 from 0 to below 1"):
        Adam(lr=0.1, **wrong)


@pytest.mark.parametrize("work", [TRAIN, LEARN], ids=["train", "learn"])
@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"optimizer": None}, r"training expects SGD\(...\), .* Received: None"),
        ({"optimizer": "adamw"}, r"Received: 'adamw'. Write optimizer=AdamW\(lr=0.001\)$"),
        ({"optimizer": SGD}, r"SGD'>. Write optimizer=SGD\(lr=0.001\)$"),
        ({"optimizer": "lamb"}, r"Received: 'lamb'. Write optimizer=Adam\(lr=0.001\)$"),
        ({"optimizer": SGD}, "Received: <class"),
        ({"sized_by": "steps"}, "(batch|samples) or parameters. Received: 'steps'"),
        ({"model": ReLU()}, r"a model with parameters. Received: ReLU\(\)"),
    ],
)
def test_training_that_cannot_be(work, wrong, message):
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(work, **wrong)


@pytest.mark.parametrize(
    "wrong",
    [
        {"epochs": 1.5},
        {"epochs": 0},
        {"batch": 9},
        {"batch": 2.0},
        {"data": Data("synthetic", 8, 0, (6,), 3)},
        {"data": Data("synthetic", 8, 4, (6,), 3.0)},  # type: ignore[arg-type]
    ],
)
def test_learning_in_parts_of_an_epoch(wrong):
    with pytest.raises(ValueError, match="learning expects whole numbers"):
        dataclasses.replace(LEARN, **wrong)


def test_data_without_a_tuple_as_shape():
    with pytest.raises(ValueError, match=r"a tuple as shape. Received: \[6\]"):
        dataclasses.replace(LEARN, data=Data("synthetic", 8, 4, [6], 3))  # type: ignore[arg-type]


def test_a_life_of_nothing():
    with pytest.raises(ValueError, match=r"expects a Learn to begin with. Received: None"):
        Lifecycle(learn=None)


class Faulty(Elementwise):
    """A layer of a user's own whose cost cannot be worked out."""

    def flop(self, shape):
        return 1 // 0


def test_a_suite_file_whose_layer_fails_is_a_bad_request():
    work = Forward(suite="s", name="f", model=Faulty(), input_shape=(1, 2))
    with pytest.raises(request.BadRequest, match=r"mine.py: f cannot be. ZeroDivisionError"):
        request.check(None, [("mine.py", work)])


def test_a_name_that_no_file_of_records_can_hold():
    half = Forward(suite="s", name="\ud800", model=MODEL, input_shape=(4, 6))
    with pytest.raises(request.BadRequest, match="expect text"):
        request.check(None, [("mine.py", half)])

"""Rules of optimizers: the right one passes, and every other one is found."""

import dataclasses

import numpy as np
import pytest

from suites.data import arrays
from suites.layers import BatchNorm, Conv2d, Flatten, GlobalAvgPool, Linear, ReLU, Sequential
from suites.verification import checks
from suites.verification.reference.expected_training import solve_training
from suites.verification.reference.meanings.mixed import Mixed
from suites.verification.reference.training import rule_in
from suites.verification.training_checks import later_change_name
from suites.verification.update_rules import off
from suites.workload import (
    SGD,
    Adam,
    AdamW,
    Cosine,
    RMSprop,
    StepDecay,
    Train,
    WarmupLinear,
)
from tests.helpers.answers import Ruled, Trained, after, before, failed, worst

MODEL = Sequential(
    conv=Conv2d(3, 6, 3, padding=1),
    norm=BatchNorm(6),
    relu=ReLU(),
    tail=Sequential(GlobalAvgPool(), Flatten(), Linear(6, 4)),
)
ADAM = Train(suite="t", name="adam", model=MODEL, input_shape=(5, 3, 8, 8), optimizer=Adam(lr=1e-2))
PHASES = [before, after]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """One cache for the whole file: the reference is solved once."""
    return tmp_path_factory.mktemp("reference")


def trained(workload, settings=()):
    def run_of(made):
        run = Trained(workload, made)
        for name, value in settings:
            setattr(run, name, value)
        return run

    return run_of


DECAYING = {
    case: dataclasses.replace(ADAM, name=case, optimizer=rule)
    for case, rule in (
        ("adamw", AdamW(lr=1e-2, weight_decay=0.1)),
        ("adamw_by_default", AdamW(lr=1e-3)),
    )
}


@pytest.mark.parametrize("look", PHASES)
@pytest.mark.parametrize("case", DECAYING)
def test_right_steps_of_adamw_pass_with_room(folder, case, look):
    assert worst(look(DECAYING[case], trained(DECAYING[case]), folder)) < 0.5


@pytest.mark.parametrize(
    "settings",
    [
        [("decays", 0.0)],
        [("decays", 2.0)],
        [("decays", 0.0), ("decays_gradient", 1.0)],
    ],
    ids=["none", "twice", "of the gradient"],
)
@pytest.mark.parametrize("case", DECAYING)
def test_a_wrong_decay_is_found(folder, case, settings):
    found = before(DECAYING[case], trained(DECAYING[case], settings=settings), folder)
    assert "update of conv.weight" in failed(found)


PLAIN = SGD(lr=0.05, momentum=0.9)
DECAYS = Adam(lr=1e-2, weight_decay=0.1)
RMS = RMSprop(lr=1e-3)
COSINE = Cosine(steps=8)
OTHER_RULES = {
    "momentum left out": (PLAIN, SGD(lr=0.05)),
    "less momentum": (PLAIN, SGD(lr=0.05, momentum=0.8)),
    "nesterov": (PLAIN, SGD(lr=0.05, momentum=0.9, nesterov=True)),
    "not nesterov": (SGD(lr=0.05, momentum=0.9, nesterov=True), PLAIN),
    "decay left out": (SGD(lr=0.05, weight_decay=1e-2), SGD(lr=0.05)),
    "decay beside": (DECAYS, AdamW(lr=1e-2, weight_decay=0.1)),
    "decay left out of Adam": (DECAYS, Adam(lr=1e-2)),
    "another average": (RMS, RMSprop(lr=1e-3, alpha=0.9)),
    "another epsilon": (RMS, RMSprop(lr=1e-3, eps=1e-4)),
    "a schedule ignored": (SGD(lr=0.05, schedule=COSINE), SGD(lr=0.05)),
    "a schedule begun late": (
        Adam(lr=1e-2, schedule=WarmupLinear(4, 40)),
        Adam(lr=1e-2, schedule=WarmupLinear(5, 40)),
    ),
    "a schedule that decays": (RMS, RMSprop(lr=1e-3, schedule=StepDecay(2, gamma=0.5))),
}


def ruled(rules):
    own, other = rules
    workload = dataclasses.replace(ADAM, name=repr(own), optimizer=own)
    return workload, lambda rule: lambda made: Ruled(workload, made, rule), other


@pytest.mark.parametrize("fault", OTHER_RULES)
def test_another_rule_than_the_workloads_is_found(folder, fault):
    workload, by, other = ruled(OTHER_RULES[fault])
    for look in PHASES:
        assert worst(look(workload, by(workload.optimizer), folder)) < 0.6
    assert max(worst(look(workload, by(other), folder)) for look in PHASES) > 3


@pytest.mark.parametrize("rule", [RMSprop(lr=0.01, alpha=0.999), Adam(0.01, 0.997, 0.9)])
def test_what_is_left_of_a_share_in_float32_is_honest(rule):
    """What is left of 0.999 in float32 is 0.001 less a share of 1.3e-5."""
    weight, gradient = 0.01 * np.random.default_rng(0).standard_normal((2, 1000))
    before = weight, *(np.zeros(1000) for _ in rule.slots)

    def far(by):
        factors = rule.factors(np.float64(1), np)
        after, kept = by.update(weight, gradient, before[1:], factors, np)
        return np.max(off(rule, rule.lr, before, (after, *kept), 1))

    assert far(rule_in(np.float32, rule)) < 0.6
    assert far(dataclasses.replace(rule, eps=1e-3)) > 3


HEAVY = Train(
    suite="t",
    name="heavy",
    model=Sequential(Linear(24, 64), ReLU(), Linear(64, 10)),
    input_shape=(32, 24),
    optimizer=PLAIN,
)


@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_momentum_is_looked_at_in_a_smaller_twin_too(precision):
    timed = dataclasses.replace(HEAVY, input_shape=(64, 24))
    expected = solve_training(HEAVY, precision, 0, timed).entries
    made = arrays.make(HEAVY, 0, [int(number) for number in expected["drawn"]])
    arithmetic = None if precision == "float32" else Mixed(precision, 9)

    def off(rule):
        run = Ruled(HEAVY, made, rule, arithmetic)
        return checks.compare(checks.observe(HEAVY, run, made.weights, 0), expected, "before")

    assert worst(off(PLAIN)) < 0.6
    for momentum in (0.5, 0.85, 0.99) if precision == "float32" else (0.5,):
        assert later_change_name("2.weight") in failed(off(SGD(lr=0.05, momentum=momentum)))


def test_a_gradient_of_the_wrong_sign_is_found_though_its_square_hides_it(folder):
    workload, by, _ = ruled((RMS, None))

    def run_of(made):
        run = by(RMS)(made)

        def turned():
            before, results = run.weights["conv.weight"], run()
            run.weights["conv.weight"] = 2 * before - results["conv.weight"]
            return results | {"conv.weight": run.weights["conv.weight"]}

        return turned

    assert "gradient of conv.weight" in failed(before(workload, run_of, folder))

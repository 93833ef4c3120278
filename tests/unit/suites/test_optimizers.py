"""Optimizers: their formulas against numbers worked out by hand; unknown ones are refused."""

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
import pytest

from suites.layers import Linear
from suites.verification.reference import NoReference
from suites.verification.reference.training import State
from suites.workload import (
    OPTIMIZERS,
    SGD,
    Adam,
    AdamW,
    Cosine,
    Optimizer,
    RMSprop,
    StepDecay,
    Train,
    WarmupLinear,
)

WEIGHT, GRADIENTS = 2.0, (0.5, -1.0)
"""Of one weight; the gradients of two steps."""

UNKNOWN: Any = object()

BY_HAND = [
    # 2 - 0.1 x 0.5 = 1.95; 1.95 + 0.1 x 1 = 2.05.
    (SGD(lr=0.1), [(1.95,), (2.05,)]),
    # g = 0.5 + 0.2 x 2 = 0.9 = v, 2 - 0.1 x 0.9 = 1.91; g = -1 + 0.382 = -0.618,
    # v = 0.5 x 0.9 - 0.618 = -0.168, 1.91 + 0.0168 = 1.9268.
    (SGD(lr=0.1, momentum=0.5, weight_decay=0.2), [(1.91, 0.9), (1.9268, -0.168)]),
    # v = 0.5, 2 - 0.1 x (0.5 + 0.5 x 0.5) = 1.925; v = 0.25 - 1 = -0.75,
    # 1.925 + 0.1 x (1 + 0.5 x 0.75) = 2.0625.
    (SGD(lr=0.1, momentum=0.5, nesterov=True), [(1.925, 0.5), (2.0625, -0.75)]),
    # v = 0.25 x 0.25 = 0.0625: 2 - 0.1 x 0.5 / (0.25 + 0.25) = 1.9; v = 0.75 x 0.0625 + 0.25 =
    # 0.296875, whose root is 0.544862...: 1.9 + 0.1 / 0.794862... = 1.9 + 0.125808...
    (RMSprop(lr=0.1, alpha=0.75, eps=0.25), [(1.9, 0.0625), (1.9 + 0.1258080, 0.296875)]),
    # m = 0.5 x 0.5 = 0.25, v = 0.25 x 0.25 = 0.0625; corrected by 0.5 and 0.25 they are 0.5 and
    # 0.25: the change is 0.1 x 0.5 / (0.5 + 0.5) = 0.05. Then m = 0.125 - 0.5 = -0.375 and
    # v = 0.75 x 0.0625 + 0.25 = 0.296875; corrected by 0.75 and 0.4375: -0.5 and 0.678571...,
    # whose root is 0.823754...: the change is 0.1 x -0.5 / 1.323754... = -0.0377713...
    (
        Adam(lr=0.1, beta1=0.5, beta2=0.75, eps=0.5),
        [(1.95, 0.25, 0.0625), (1.95 + 0.037771372, -0.375, 0.296875)],
    ),
    # The rate falls to a tenth in the second step: 1.95 + 0.01 x 1.
    (SGD(lr=0.1, schedule=StepDecay(every=1)), [(1.95,), (1.96,)]),
    # g = 0.5 + 0.25 x 2 = 1: m = 0.5, v = 0.25, both 1 when corrected: 2 - 0.1 / (1 + 0.5);
    # g = -1 + 0.25 x 1.933... = -0.516666...: m = 0.25 - 0.258333..., v = 0.1875 + 0.0667361...
    (
        Adam(lr=0.1, beta1=0.5, beta2=0.75, eps=0.5, weight_decay=0.25),
        [
            (2 - 0.1 / 1.5, 0.5, 0.25),
            (
                2 - 0.1 / 1.5 + 0.1 * (0.00833333 / 0.75) / (0.5 + (0.25423611 / 0.4375) ** 0.5),
                -0.00833333,
                0.25423611,
            ),
        ],
    ),
    # The same moments, beside a decay of 0.1 x 0.2 = 0.02 of the weight: 0.98 x 2 - 0.05 = 1.91;
    # then 0.98 x 1.91 + 0.0377713... = 1.8718 + 0.0377713...
    (
        AdamW(lr=0.1, beta1=0.5, beta2=0.75, eps=0.5, weight_decay=0.2),
        [(1.91, 0.25, 0.0625), (1.8718 + 0.037771372, -0.375, 0.296875)],
    ),
]


@dataclass(frozen=True)
class Falling(Optimizer):
    """No framework has it: every weight falls by the rate."""

    flop_per_parameter: ClassVar[int] = 1
    checked_by: ClassVar = "changes"

    def update(self, weight, gradient, state, factors, xp):
        return weight - self.lr, ()


NAMES = [f"{type(rule).__name__}-{number}" for number, (rule, _) in enumerate(BY_HAND)]


@pytest.mark.parametrize("kind", [np.float32, np.float64])
@pytest.mark.parametrize(("rule", "expected"), BY_HAND, ids=NAMES)
def test_two_steps_give_the_numbers_worked_out_by_hand(rule, expected, kind):
    weights = {"w": np.array([WEIGHT], kind)}
    kept = {name: np.zeros(1, kind) for name in rule.state_names("w")}
    for step, (gradient, numbers) in enumerate(zip(GRADIENTS, expected, strict=True), 1):
        gradients = {"w": np.array([gradient], kind)}
        weights, kept = rule.apply(weights, gradients, kept, kind(step), np)
        found = [float(array[0]) for array in (weights["w"], *kept.values())]
        np.testing.assert_allclose(found, numbers, rtol=1e-6)
        assert {array.dtype for array in (weights["w"], *kept.values())} == {np.dtype(kind)}


def test_every_built_in_optimizer_has_numbers_worked_out_by_hand():
    assert {type(rule) for rule, _ in BY_HAND} == set(OPTIMIZERS)


@pytest.mark.parametrize(
    ("schedule", "factors"),
    [
        (StepDecay(every=2, gamma=0.5), [1, 1, 0.5, 0.5, 0.25]),
        # (1 + cos(pi n / 4)) / 2, of 0.6 above 0.4.
        (Cosine(steps=4, least=0.4), [1, 0.912132, 0.7, 0.487868, 0.4, 0.4]),
        (WarmupLinear(warmup=2, steps=4), [0.5, 1, 1, 0.5, 0, 0]),
        (WarmupLinear(warmup=0, steps=2), [1, 0.5, 0]),
    ],
    ids=repr,
)
def test_a_schedule_gives_the_factors_worked_out_by_hand(schedule, factors):
    for done, factor in enumerate(factors):
        for kind in (int, np.float32, np.float64):
            assert float(schedule.factor(kind(done), np)) == pytest.approx(factor, abs=2e-7)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: SGD(lr=0.1, momentum=1.0), "momentum from 0 to below 1"),
        (lambda: SGD(lr=0.1, nesterov=True), "momentum above 0 with nesterov"),
        (lambda: SGD(lr=0.1, weight_decay=float("nan")), "a finite weight_decay"),
        (
            lambda: SGD(lr=0.1, schedule=UNKNOWN),
            r"schedule expects StepDecay\(...\), .* Received: <object",
        ),
        (lambda: RMSprop(lr=0.1, alpha=1.0), "alpha from 0 to below 1"),
        (lambda: StepDecay(every=0), "StepDecay expects a whole number"),
        (lambda: Cosine(steps=0), "Cosine expects a whole number"),
        (lambda: WarmupLinear(warmup=3, steps=3), "steps above it"),
    ],
)
def test_numbers_that_no_rule_could_have_are_refused(make, said):
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("rule", [rule for rule, _ in BY_HAND], ids=NAMES)
def test_what_it_keeps_has_a_name_of_its_own_for_each_weight(rule):
    names = [*rule.state_names("0.weight"), *rule.state_names("0.bias")]
    assert len(set(names)) == 2 * rule.state_arrays
    assert all(name.partition("|")[0] in ("0.weight", "0.bias") for name in names)


def test_the_correction_keeps_its_digits_in_float32():
    """1 - 0.999^1 in float32 would be off by 1.3e-5 of itself."""
    _, rate, spread = Adam(lr=1.0).factors(np.float32(1), np)
    np.testing.assert_allclose([rate, spread], [10.0, 1000**0.5], rtol=3e-7)


@pytest.mark.parametrize("decay", [-0.1, float("inf"), float("nan"), "0.1"])
def test_a_decay_that_is_no_finite_number_from_0_on(decay):
    with pytest.raises(ValueError, match=r"AdamW expects a finite weight_decay.* Received: AdamW"):
        AdamW(lr=0.1, weight_decay=decay)


@pytest.mark.parametrize("rule", [Falling(lr=0.1), None, Adam])
def test_a_workload_refuses_an_optimizer_that_is_not_built_in(rule):
    with pytest.raises(ValueError, match=r"training expects SGD\(...\).* or .*Received: "):
        Train(suite="t", name="t", model=Linear(3, 2), input_shape=(4, 3), optimizer=rule)


def test_the_reference_refuses_an_optimizer_that_is_not_built_in():
    with pytest.raises(NoReference, match="the reference has no Falling"):
        State(Falling(lr=0.1))

"""Norms of few values and running averages that hardly move: honest rounding is not wrong."""

import numpy as np
import pytest

from suites import operations as op
from suites.data import arrays
from suites.layers import (
    BatchNorm,
    Conv2d,
    Flatten,
    GroupNorm,
    InstanceNorm,
    LayerNorm,
    Linear,
    ReLU,
    Sequential,
)
from suites.verification import checks, reference
from suites.verification.reference import expected_answers
from suites.verification.reference.meanings import operators
from suites.verification.reference.meanings.arithmetic import Exact, rms
from suites.verification.reference.narrow_norms import has_narrow_norm
from suites.verification.training_checks import audited
from suites.workload import SGD, Forward, Operation, Train
from tests.helpers.answers import Trained, before, failed, worst

PAIRS = {
    "layer": (Sequential(LayerNorm(2), Linear(2, 4)), (256, 2)),
    "group": (Sequential(Linear(20, 32), GroupNorm(16, 32), ReLU(), Linear(32, 3)), (64, 20)),
    "instance": (Sequential(Conv2d(3, 16, 3, 2, 1), InstanceNorm(16), Flatten()), (16, 3, 3, 2)),
}
SEEDS = range(3)
PATH = "1.running_mean"


class SquaresFirst(Exact):
    """Float32, of which a variance is worked out without centring, each square off by a unit."""

    dtype = np.float32
    squares_first = True

    def squared(self, y):
        return y * np.float32(1 - 2.0**-24)


@pytest.mark.parametrize("name", PAIRS)
def test_a_variance_without_centring_is_honest(name):
    model, shape = PAIRS[name]
    assert has_narrow_norm(model, shape)
    work = Forward(suite="t", name=name, model=model, input_shape=shape)
    for seed in SEEDS:
        found = reference.solve(work, "float32", seed).entries
        made = arrays.make(work, seed)
        x = made.ring[0]["x"]
        got = expected_answers.outputs(work, made.weights, x, SquaresFirst())
        exact = expected_answers.outputs(work, made.weights, x)
        made.close()
        assert rms(got - exact) < found["before/output/all|overall"]
        assert np.abs(got - exact).max() < found.get("before/output/all|worst", np.inf)
        # A wrong answer worth finding still is.
        assert found["before/output/all|overall"] < 0.2 * rms(exact)


def test_each_audited_step_of_a_gradient_has_limits_of_its_own():
    work = Operation(suite="t", name="b", operator=op.Backward(LayerNorm(2), (7, 2)))
    for seed in range(8):
        found = reference.solve(work, "float32", seed).entries
        audit = arrays.audit(work, seed, arrays.make(work, seed).weights)
        for step in checks.kept_steps(work):
            given = work.operator, audit.weights, audit.ring[step]
            got = operators.results(*given, SquaresFirst())["output"]
            exact = operators.results(*given, Exact())["output"]
            bound = found.get(f"after/{audited('output', step)}/all|worst", np.inf)
            assert np.abs(got - exact).max() < bound


def test_wide_norms_are_not_narrow():
    assert not has_narrow_norm(Sequential(Linear(20, 32), LayerNorm(32), GroupNorm(2, 32)), (4, 20))


@pytest.mark.parametrize("momentum", [0.003, 0.03])
def test_an_average_as_a_sum_of_shares_is_honest(tmp_path, momentum):
    norm = BatchNorm(512, momentum=momentum)
    model = Sequential(Linear(32, 512, bias=False), norm, ReLU(), Linear(512, 4))
    rule = SGD(0.1)
    work = Train(suite="t", name="shares", model=model, input_shape=(64, 32), optimizer=rule)

    def by(average):
        return lambda made: Trained(work, made, averages=lambda new: average(made.weights, new))

    def shares(old, new):
        """As frameworks do it, from the batch's own value."""
        share, kept = np.float32(momentum), np.float32(1 - momentum)
        batch = {p: (np.float64(a) - old[p]) / momentum + old[p] for p, a in new.items()}
        return {p: kept * old[p] + share * b.astype(np.float32) for p, b in batch.items()}

    def short(old, new):
        return {p: old[p] + np.float32(0.95) * (a - old[p]) for p, a in new.items()}

    assert worst(before(work, by(shares), tmp_path)) < 0.5
    assert f"change of {PATH}" in failed(before(work, by(short), tmp_path))

"""Steps of synthetic histories: those of 3 % are found two runs later, and none is invented."""

from __future__ import annotations

import math

import numpy as np
import pytest

from reports.history import changes, steps
from tests.helpers import histories

NOISES = (0.002, 0.004, 0.006)


def times(kind, count, noise, seed, step_at=None, ratio=1.03):
    logs = histories.draws(kind, count, noise, seed)
    if step_at is not None:
        logs[step_at:] += math.log(ratio)
    return 1e-3 * np.exp(logs)


@pytest.mark.parametrize("kind", ["normal", "heavy"])
@pytest.mark.parametrize("noise", [*NOISES, 0.02])
def test_nothing_is_invented_in_200_runs(kind, noise):
    """Twenty lines a page, six such pages."""
    for page in range(6):
        for line in range(20):
            found = steps.steps(times(kind, 200, noise, 100 * page + line), among=20)
            assert not found


@pytest.mark.parametrize("kind", ["normal", "heavy"])
@pytest.mark.parametrize("noise", NOISES[:2])
@pytest.mark.parametrize("ratio", [1.03, 1 / 1.03])
def test_a_step_of_3_percent_is_found_within_two_runs(kind, noise, ratio):
    """From its first run and two more, wherever in 200 runs it is."""
    for seed, at in enumerate(range(40, 198, 8)):
        found = steps.steps(times(kind, at + 3, noise, seed, at, ratio), among=20)
        assert any(abs(step.at - at) <= 2 for step in found), (seed, at)
        assert len(found) == 1


@pytest.mark.parametrize("noise", NOISES)
def test_of_several_planted_steps_each_is_found_and_no_other(noise):
    planted = {40: 1.03, 90: 1.03, 140: 1 / 1.03, 170: 1.03}
    for seed in range(20):
        logs = histories.draws("normal", 200, noise, seed)
        for at, ratio in planted.items():
            logs[at:] += math.log(ratio)
        found = steps.steps(1e-3 * np.exp(logs), among=20)
        assert len(found) == len(planted)
        for step, (at, ratio) in zip(found, planted.items(), strict=True):
            assert abs(step.at - at) <= 2
            assert (step.ratio > 1) == (ratio > 1)


def test_intervals_hold_the_planted_ratio():
    held = 0
    for seed in range(60):
        (step,) = steps.steps(times("normal", 200, 0.004, seed, 120))
        held += step.low <= 1.03 <= step.high
    assert held >= 54


def test_one_odd_run_is_no_step_however_odd():
    values = times("normal", 100, 0.004, 3)
    values[50] *= 3
    values[80] /= 2
    assert not steps.steps(values)


def test_noise_of_the_runs_themselves_counts():
    """Runs that happen to agree though each says that it is hardly known."""
    values = times("normal", 60, 0.001, 5, 40, 1.02)
    assert steps.steps(values)
    assert not steps.steps(values, errors=[0.02] * 60)


def test_fewer_runs_tell_nothing():
    few = steps.MIN_RUNS - 1
    assert not steps.steps([1.0, 1.0, 1.0, 9.0, 9.0][:few])
    assert steps.least([1.0] * few) is None
    assert steps.least([1.0] * 20, among=10) > steps.THRESHOLD


def test_a_step_as_small_as_no_difference_is_not_told():
    assert not steps.steps(times("normal", 200, 0.0002, 1, 100, 1.004))


def test_the_least_step_that_is_promised_is_found():
    found = total = 0
    for seed in range(40):
        steady = times("normal", 100, 0.004, seed)
        promised = steps.least(steady, among=20)
        after = times("normal", 103, 0.004, seed, 100, 1 + 1.3 * promised)
        found += bool(steps.steps(after, among=20))
        total += 1
    assert found >= 0.8 * total


def test_a_whole_page_of_200_runs():
    """Four planted steps in eight lines; noise moves none of them by more than two runs."""
    planted = {"torch": {60: 1.03, 150: 1.03}, "jax": {100: 1 / 1.03}}
    versions = {"torch": {0: "2.12", 60: "2.13", 150: "2.14"}, "jax": {0: "0.9"}}
    for seed in range(5):
        trend = changes.trend(histories.stored(200, planted, versions=versions, seed=seed))
        assert len(trend.changes) == 3
        assert [change.framework for change in trend.changes] == ["torch", "jax", "torch"]
        assert [change.versions for change in trend.changes] == [
            ("2.13", "2.14"),
            None,
            ("2.12", "2.13"),
        ]
        assert all(len(change.moved) == change.of == 4 for change in trend.changes)
        for change, at in zip(trend.changes, (150, 100, 60), strict=True):
            assert abs(int(change.run.run.removeprefix("run-")) - at) <= 2
            assert 1.02 < max(change.ratio, 1 / change.ratio) < 1.04


def test_steady_pages_of_200_runs_show_no_change():
    for seed in range(5):
        assert not changes.trend(histories.stored(200, seed=seed, kind="heavy")).changes


def test_frameworks_that_change_together_point_at_the_machine():
    trend = changes.trend(histories.stored(80, {"torch": {50: 1.1}, "jax": {50: 1.1}}))
    assert [change.others for change in trend.changes] == [("jax",), ("torch",)] or [
        change.others for change in trend.changes
    ] == [("torch",), ("jax",)]

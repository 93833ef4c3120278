"""Agreement between contenders: those who say the same pass, the odd one out is named."""

import numpy as np

from bench.verification import agreement


def verdicts(compared, limits):
    found = agreement.checks(compared, {name: np.full(2, limit) for name, limit in limits.items()})
    return {name: [check.passed for check in checks] for name, checks in found.items()}


def test_those_near_the_median_agree():
    compared = {"a": {"loss": [2.0, 1.9]}, "b": {"loss": [2.0001, 1.9]}, "c": {"loss": [2.0, 1.9]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [True], "b": [True], "c": [True]}


def test_the_odd_one_out_is_named():
    compared = {"a": {"loss": [2.0, 1.9]}, "b": {"loss": [2.0, 1.7]}, "c": {"loss": [2.0, 1.9]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [True], "b": [False], "c": [True]}


def test_of_two_that_differ_neither_is_accused():
    compared = {"a": {"loss": [2.0]}, "b": {"loss": [2.1]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [], "b": []}


def test_as_many_values_are_compared_as_all_have():
    """A missing or short answer is no agreement: a check of its own fails on it."""
    compared = {name: {"loss": [2.0, 1.0]} for name in "cd"} | {"a": {"loss": [2.0]}, "b": {}}
    found = verdicts(compared, {"loss": 1e-4})
    assert found == {"a": [True], "b": [], "c": [True], "d": [True]}


def test_limits_are_those_that_are_expected():
    entries = {"agree/loss": np.array([0.025, 0.1]), "before/loss/all|value": np.ones(2)}
    limits = agreement.relative_limits(entries)
    assert {name: list(limit) for name, limit in limits.items()} == {"loss": [0.025, 0.1]}

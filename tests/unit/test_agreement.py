"""Agreement between contenders: those who say the same pass, the odd one out is named."""

import numpy as np
import pytest

from bench import agreement
from suites import reference


def verdicts(compared, limits):
    found = agreement.checks(compared, {name: np.full(2, limit) for name, limit in limits.items()})
    return {name: [check.passed for check in checks] for name, checks in found.items()}


def test_those_near_the_median_agree():
    compared = {"a": {"loss": [2.0, 1.9]}, "b": {"loss": [2.0001, 1.9]}, "c": {"loss": [2.0, 1.9]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [True], "b": [True], "c": [True]}


def test_the_odd_one_out_is_named():
    compared = {"a": {"loss": [2.0, 1.9]}, "b": {"loss": [2.0, 1.7]}, "c": {"loss": [2.0, 1.9]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [True], "b": [False], "c": [True]}


def test_of_two_that_differ_neither_is_believed():
    compared = {"a": {"loss": [2.0]}, "b": {"loss": [2.1]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [False], "b": [False]}


def test_one_alone_has_nothing_to_agree_with():
    assert verdicts({"a": {"loss": [2.0]}}, {"loss": 1e-4}) == {"a": []}


def test_as_many_values_are_compared_as_all_have():
    """A missing or short answer is no agreement: the worker's own check fails on it."""
    compared = {"a": {"loss": [2.0]}, "b": {}, "c": {"loss": [2.0, 1.0]}}
    assert verdicts(compared, {"loss": 1e-4}) == {"a": [True], "b": [], "c": [True]}


def test_limits_are_relative_to_the_expected_values(tmp_path):
    expected = reference.Expected()
    expected.add("loss", np.array([4.0, 2.0]), np.array([0.1, 0.2]))
    expected.add("change of w", np.array([1.0]), 3.0)
    expected.save(tmp_path / "expected.npz")
    limits = agreement.relative_limits(tmp_path / "expected.npz")
    assert {name: list(limit) for name, limit in limits.items()} == {
        "loss": pytest.approx([0.025, 0.1])
    }

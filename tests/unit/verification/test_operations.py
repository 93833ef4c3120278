"""Operations: honest results pass, wrong ones are found, and an audit's change is undone."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, cast

import numpy as np
import pytest

from bench.worker.audit import Changed
from frameworks.interface import Unsupported
from frameworks.shared.operations import require_float32
from suites import operations
from suites.data import arrays
from suites.layers import Dropout, LayerNorm
from suites.operations import OPERATORS, Operator
from suites.verification import checks, operation_checks, reference
from suites.verification.reference.meanings import operators
from suites.verification.reference.meanings.arithmetic import Exact, to_bits
from suites.workload import Operation, definition_hash
from tests.conformance import every_operation

NAMES = tuple(every_operation.OPERATORS)

Results = Mapping[str, Any]


class Single(Exact):
    """Plain float32, as NumPy computes."""

    dtype = np.float32


def workload(name: str) -> Operation:
    return Operation(suite="every", name=name, operator=every_operation.OPERATORS[name])


@functools.cache
def solved(name: str) -> reference.Expected:
    return reference.solve(workload(name), "float32", 0)


def computed(operator: Operator, made: arrays.Arrays, number: int = 0) -> Results:
    found = operators.results(operator, made.weights, made.ring[number], Single())
    return {name: np.asarray(array, np.float32) for name, array in found.items()}


def passes(work: Operation, results: Results, expected: reference.Expected) -> bool:
    observed = checks.observe(work, functools.partial(dict, results), {}, 0)
    return all(check.passed for check in checks.compare(observed, expected.entries, "before"))


def failed(name: str, results: Results) -> list[checks.Check]:
    observed = checks.observe(workload(name), lambda: results, {}, 0)
    found = checks.compare(observed, solved(name).entries, "before")
    assert found
    return [check for check in found if not check.passed]


def test_every_operator_is_in_the_tables_and_in_the_conformance_tests() -> None:
    assert {type(each) for each in every_operation.OPERATORS.values()} == set(OPERATORS)
    assert set(operators.OPERATIONS) == set(OPERATORS)
    assert {getattr(operations, kind.__name__) for kind in OPERATORS} == set(OPERATORS)


@pytest.mark.parametrize("name", NAMES)
def test_right_results_pass_and_wrong_ones_are_found(name: str) -> None:
    work = workload(name)
    made = arrays.make(work, 0)
    right = computed(work.operator, made)
    assert not failed(name, right)
    for result, array in right.items():
        others = {n: a for n, a in right.items() if n != result}
        assert failed(name, others), "left out"
        assert failed(name, {**others, result: array * np.float32(1.1)}), "too large"
        assert failed(name, {**others, result: np.zeros_like(array)}), "never computed"
        if not work.operator.results[result].whole:
            assert failed(name, {**others, result: to_bits(array, 8)}), "worked out in 16 bits"
    assert failed(name, computed(work.operator, made, 1)), "of another batch"


@pytest.mark.parametrize("name", NAMES)
def test_what_an_audit_changes_is_undone(name: str) -> None:
    work = workload(name)
    changed = Changed(work, arrays.audit(work, 0, arrays.make(work, 0).weights))
    steps = {n: computed(work.operator, changed.arrays, n) for n in checks.kept_steps(work)}
    found = checks.compare(changed.observe(steps, 0), solved(name).entries, "after")
    assert found and all(check.passed for check in found)


def test_of_much_work_some_rows_are_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(operation_checks, "SAMPLED_WORK", 10_000)
    work = Operation(suite="x", name="x", operator=operations.Softmax((300, 40), 1))
    assert 2 < len(operation_checks.places(work, 0)) < 300
    expected = reference.solve(work, "float32", 0)
    made = arrays.make(work, 0)
    right = computed(work.operator, made)
    wrong = {"output": np.roll(right["output"], 1, axis=1)}
    assert passes(work, right, expected) and not passes(work, wrong, expected)


def test_in_sixteen_bits_sums_may_run_in_them() -> None:
    work = workload("cumulative_sum")
    expected = reference.solve(work, "float16", 0)
    x = arrays.make(work, 0).ring[0]["x"].astype(np.float16)
    honest = np.add.accumulate(x, axis=1, dtype=np.float16).astype(np.float32)
    assert passes(work, {"output": honest}, expected)
    assert not passes(work, {"output": honest[:, ::-1]}, expected)


def test_work_is_counted() -> None:
    product = operations.BatchedProduct((3, 5, 8), (3, 8, 6))
    assert (product.flop, product.traffic_bytes(4)) == (2 * 3 * 5 * 8 * 6, 4 * (120 + 144 + 90))
    assert operations.Copy(10).traffic_bytes(4) == 80
    assert operations.Triad(10).traffic_bytes(4) == 120
    assert operations.RoundTrip(10).traffic_bytes(4) == 160
    assert operations.ArgMax((4, 9), 1).traffic_bytes(2) == 4 * 9 * 2 + 4 * 4
    causal = operations.Attention(1, 1, 4, 4, 8, causal=True)
    assert causal.flop == 10 * (4 * 8 + 5)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda: operations.Elementwise("gelo", (2,)), "Did you mean gelu?"),
        (lambda: operations.Elementwise("add", ()), r"Elementwise expects .*least 1 .*: \(\)"),
        (lambda: operations.Reduce("som", (2, 2)), "Did you mean sum?"),
        (lambda: operations.Reduce("sum", (2, 2), 2), "an axis from 0 to 1"),
        (lambda: operations.ArgMax((4, 9), 0), "an axis from 1 to 1"),
        (lambda: operations.BatchedProduct((2, 3), (4, 5)), r"\[2, 3\] and \[4, 5\]"),
        (lambda: operations.Attention(1, 1, 4, 5, 8, causal=True), "as many queries as keys"),
        (lambda: operations.Backward(Dropout(active=True), (2, 9)), "active dropout"),
        (lambda: operations.Attention(1, 0, 4, 4, 8), "sizes above 0"),
        (lambda: operations.Copy(-3), r"Received: \(-3,\)"),
        (lambda: operations.TopK((3, 4), 5), "k from 1 to 4"),
        (lambda: operations.ArgMax((3, 1), 1), "values to choose from along axis 1"),
        (lambda: operations.Backward(LayerNorm(8), (2, 9)), "LayerNorm"),
        (lambda: Operation(suite="x", name="x", operator=cast(Any, LayerNorm(8))), "TopK"),
    ],
)
def test_what_cannot_be_is_refused(make: Any, said: str) -> None:
    with pytest.raises(ValueError, match=said):
        make()


@pytest.mark.parametrize("name", ["adam_step", "fourier", "layer_norm"])
def test_what_sixteen_bits_cannot_hold_is_refused(name: str) -> None:
    """An honest Adam in float16 was called wrong: its squares were nothing there."""
    operator = every_operation.OPERATORS[name]
    with pytest.raises(Unsupported, match="is defined in float32"):
        require_float32(operator, in_float32=False)
    require_float32(operator, in_float32=True)
    require_float32(operations.Copy(3), in_float32=False)


def test_another_operator_is_other_work() -> None:
    hashes = {definition_hash(workload(name)) for name in NAMES}
    assert len(hashes) == len(NAMES)

"""Each pitfall is found by a planted copy of its fault, and what is right is not accused."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import pytest

from frameworks.interface import Device, Settings, parts
from frameworks.null import adapter
from suites.data import arrays
from suites.operations import AdamStep, Attention, Backward
from suites.pieces import pitfalls
from suites.pieces.pitfalls import REPORTED
from suites.verification import checks, reference
from suites.verification.reference.meanings import operators
from suites.verification.reference.meanings.arithmetic import Exact
from suites.workload import Operation, Workload

Results = dict[str, Any]
Fault = Callable[[Results, Any, Mapping[str, Any]], Results]
"""Wrong results of right ones, the workload and the inputs."""

CASES = {case.name: case for case in pitfalls.cases("smoke")}


def only_zeros(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """argmax gives zeros."""
    predicted = np.zeros_like(right["predicted"])
    return {"predicted": predicted, "right": np.sum(inputs["labels"] == 0)}


def shifted_comparison(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """The places are right and the comparison is not."""
    return {
        **right,
        "right": np.asarray(np.sum(right["predicted"] == np.roll(inputs["labels"], 1))),
    }


def as_if_in_order(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Permuted operands are read as if they lay in order."""
    own = work.operator
    plain = Attention(own.batch, own.heads, own.queries, own.keys, own.width)
    given = {n: x.reshape(plain.inputs[n].shape) for n, x in inputs.items()}
    return dict(operators.results(plain, {}, given, Exact()))


def sees_three_ahead(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """The mask is that of every fourth query."""
    found = right["output"].copy()
    q, k, v = (np.asarray(inputs[name], np.float64) for name in ("q", "k", "v"))
    for query in range(found.shape[2]):
        seen = query // 4 * 4 + 4
        scores = np.einsum("bhd,bhkd->bhk", q[:, :, query], k[:, :, :seen]) / 8
        shares = np.exp(scores - scores.max(-1, keepdims=True))
        shares /= shares.sum(-1, keepdims=True)
        found[:, :, query] = np.einsum("bhk,bhkd->bhd", shares, v[:, :, :seen])
    return {"output": found}


def input_gradient_too_large(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    return {**right, "gradient x": 5 * right["gradient x"]}


def one_bias_lost(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Of sixteen gradients of biases one is not that of the last rows."""
    return {**right, "gradient 7.bias": right["gradient 7.bias"] * 0}


def last_one_counts(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Of tokens that repeat the last one alone counts."""
    found = np.zeros_like(right["gradient weight"])
    upstream = inputs["upstream"].reshape(-1, found.shape[1])
    found[inputs["x"].ravel()] = upstream
    return {**right, "gradient weight": found}


def added_once(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    table = arrays.make(work, 0).weights["table"].copy()
    table[inputs["index"]] += inputs["updates"]
    return {"output": table}


def whole_windows(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Windows that stand out are divided by their whole size."""
    output = right["output"].copy()
    output[:, :, -1] *= 2 / 3
    return {**right, "output": output}


def gradient_by_whole_windows(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    gradient = right["gradient x"].copy()
    gradient[:, :, :, -1] *= 2 / 3
    return {**right, "gradient x": gradient}


def not_updated(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    return {"weight": inputs["weight"]}


def some_rows_differ(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    product = right["product"].copy()
    product[0, 0, 0, :16] = product[0, 0, 1, :16]
    return {"product": product}


def sums_beyond_the_end(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """A part of the next row enters the sum."""
    left, other = inputs["left"], inputs["right"]
    extra = np.einsum("bmk,bkn->bmn", np.roll(left, 1, 1)[..., :64], other[:, -64:])
    return {"product": right["product"] + extra}


def off_by_a_third(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    output = right["output"].copy()
    output[1:, 1:] = output[1:, :-1]
    return {"output": output}


def last_columns_lost(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """The kernel's last column is left out."""
    weight = arrays.make(work, 0).weights["weight"]
    lost = np.zeros_like(right["output"])
    for i, j in itertools.product(range(lost.shape[2]), range(lost.shape[3])):
        seen = inputs["x"][:, 0, i : i + 256, j + 255]
        lost[:, :, i, j] = np.einsum("nr,or->no", seen, weight[:, 0, :, -1])
    return {"output": right["output"] - lost}


def averages_move_less(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Running variances miss by four in a hundred."""
    return {n: a * 0.96 if n.endswith("running_var") else a for n, a in right.items()}


def first_norm_learns_nothing(right: Results, work: Any, inputs: Mapping[str, Any]) -> Results:
    """Its moments, and so what it learns, are those of no gradient."""
    return {n: a * 0 if n.startswith("0.weight|") else a for n, a in right.items()}


FAULTS: dict[str, tuple[Fault, ...]] = {
    "right_answers": (only_zeros, shifted_comparison),
    "attention_permuted": (as_if_in_order,),
    "attention_permuted_wide": (as_if_in_order,),
    "attention_causal": (sees_three_ahead,),
    "grouped_convolution": (input_gradient_too_large,),
    "depthwise_convolution": (input_gradient_too_large,),
    "layer_norm": (one_bias_lost,),
    "embedding": (last_one_counts,),
    "scatter_add": (added_once,),
    "average_pool": (whole_windows, gradient_by_whole_windows),
    "adam_on_views": (not_updated,),
    "linear_without_bias": (some_rows_differ,),
    "long_sums": (sums_beyond_the_end,),
    "linear": (off_by_a_third,),
    "large_kernel": (last_columns_lost,),
    "batch_norm_averages": (averages_move_less,),
    "layer_norm_first": (first_norm_learns_nothing,),
}


WIDE = (AdamStep, Backward)
"""Defined in float32 alone."""

TRIED = [(name, "float32") for name in CASES] + [
    (name, "bfloat16")
    for name, case in CASES.items()
    if not (isinstance(case, Operation) and isinstance(case.operator, WIDE))
]


def steps(work: Workload, precision: str, drawn: tuple[int, ...]) -> list[Results]:
    """Right results of the first steps, on the host."""
    adapter.start(Device(id="cpu", kind="cpu", name="cpu"), Settings(precision, "eager"))
    step, _ = parts(adapter.build(work, arrays.make(work, 0, drawn)))
    return [
        {name: adapter.to_numpy(value) for name, value in step().items()}
        for _ in range(checks.CHECKED_STEPS)
    ]


@pytest.mark.parametrize(("name", "precision"), TRIED)
def test_each_is_found_by_its_planted_fault(name: str, precision: str) -> None:
    work = CASES[name]
    expected = reference.solve(work, precision, 0).entries
    drawn = tuple(int(number) for number in expected.get("drawn", ()))
    right, inputs = steps(work, precision, drawn), arrays.make(work, 0).ring[0]

    def failed(fault: Fault | None) -> bool:
        wrong = iter(right if fault is None else [fault(each, work, inputs) for each in right])
        observed = checks.observe(work, lambda: next(wrong), {}, 0)
        return not all(check.passed for check in checks.compare(observed, expected, "before"))

    assert not failed(None), "an honest answer is accused"
    for fault in FAULTS[name]:
        assert failed(fault), fault.__name__


def test_every_case_has_a_public_report_and_a_name_of_its_own() -> None:
    every = pitfalls.cases("full")
    assert [case.name for case in every] == list(REPORTED)
    assert all(known.reports and known.what for known in REPORTED.values())
    assert all(
        address.startswith("https://github.com/") and address.rpartition("/")[2].isdigit()
        for known in REPORTED.values()
        for address in known.reports
    )


def test_what_takes_gigabytes_is_for_those_who_ask() -> None:
    large = max(pitfalls.cases("full"), key=lambda case: case.needed_bytes("float32"))
    assert large.name == "more_than_2_31_values"
    assert large.m * large.n > 2**31
    assert all(case.needed_bytes("float32") < 2**27 for case in CASES.values())

"""Which cases a request plans."""

from pathlib import Path

import pytest

from bench.plan import request as requests
from bench.plan.options import RunOptions
from bench.plan.request import BadRequest


def planned(case: str, suite: str = "mlp,matmul") -> list[str]:
    asked = RunOptions(
        framework="numpy",
        suite=suite,
        case=case,
        device="cpu",
        precision="float32",
        preset="smoke",
        out=Path("results"),
    )
    return [workload.case for _, workload in requests.planned(asked.request())]


def test_cases_are_named_with_their_suite_or_without() -> None:
    assert planned("train/64") == planned("mlp/train/64") == ["mlp/train/64"]
    assert planned("square/64,train/64") == ["mlp/train/64", "matmul/square/64"]
    assert len(planned("")) > 2


def test_a_case_that_no_suite_holds_is_refused_with_those_there_are() -> None:
    with pytest.raises(BadRequest, match=r"Expected one of mlp/forward/64.* Received: 'train/63'"):
        planned("train/64,train/63")

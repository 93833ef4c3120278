"""Findings name a contender as rankings do, its precision besides where a run has several."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from reports import context
from reports.findings.finding import called
from reports.frame import read
from tests.helpers import builders

TORCH, JAX = builders.FIVE[1], builders.FIVE[3]
LONG = f"./{'x' * 70}.py"


@pytest.mark.parametrize(
    ("models", "contender", "name"),
    [
        ((TORCH, JAX), "torch/cpu/float32", "torch"),
        ((TORCH, JAX, builders.NULL), "null/cpu/float32", "null/cpu/float32"),
        ((TORCH, replace(TORCH, precision="float16")), "torch/cpu/float16", "torch float16"),
        ((TORCH, replace(JAX, device="mps")), "torch/cpu/float32", "torch (CPU)"),
        ((replace(TORCH, spec=LONG), JAX), f"{LONG}/cpu/float32", f"{LONG}/cpu/float32"),
        # Two that are cut alike, and then numbered.
        (
            (replace(TORCH, spec=f"./{LONG}1"), replace(JAX, spec=f"./{LONG}2")),
            f"./{LONG}2/cpu/float32",
            f"./{LONG}2/cpu/float32",
        ),
        ((TORCH, JAX), "gone/cpu/float32", "gone/cpu/float32"),
    ],
)
def test_a_contender_is_named_as_in_rankings(
    tmp_path: Path, models: Sequence[builders.Model], contender: str, name: str
) -> None:
    results = read([builders.write(tmp_path / "records.jsonl", builders.run(models))])
    known = context.of(results)
    (run,) = results.runs
    assert called(known, run, contender) == name


def test_two_contenders_of_a_run_never_share_a_name(tmp_path: Path) -> None:
    models = [
        replace(model, precision=precision, device=device)
        for model in (TORCH, JAX)
        for precision in ("float32", "float16")
        for device in ("cpu", "mps")
    ]
    results = read([builders.write(tmp_path / "records.jsonl", builders.run(models))])
    known = context.of(results)
    (run,) = results.runs
    assert len({called(known, run, model.id) for model in models}) == len(models)

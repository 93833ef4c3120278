"""What scripts have of a comparison: exit codes, and the JSON as its page describes it."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers import builders
from tests.helpers.comparisons import CASE, JAX, SLOW, TORCH, compare, records, runs, told

# --- limits ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("limit", "code"),
    [
        ("slower:3%", 1),
        ("slower:20%", 0),
        ("slower", 1),
        ("faster:3%", 0),
        ("faster:3%,slower:0.03", 1),
        ("", 0),
    ],
)
def test_a_limit_decides_the_exit_code(tmp_path: Path, limit: str, code: int) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=12)))
    done = compare(path, "--fail-on", limit)
    assert done.exit_code == code
    assert ("Failed: in" in done.stdout) == bool(code)
    assert ("Passed: in no case" in done.stdout) == (bool(limit) and not code)
    found = told(path, "--fail-on", limit)
    assert any(one["failed"] for one in found["cases"]) == bool(code)


def test_doubt_can_be_a_failure(tmp_path: Path) -> None:
    path = str(records(tmp_path, builders.run([JAX, SLOW], rounds=3)))
    assert compare(path, "--fail-on", "slower:3%").exit_code == 0
    assert compare(path, "--fail-on", "slower:3%,unresolved").exit_code == 1


@pytest.mark.parametrize(
    ("limit", "rounds_of_a_start", "warned"),
    [("slower:2%", 48, True), ("slower", 48, True), ("slower:3%", 48, False), ("slower", 4, False)],
)
def test_a_limit_that_one_start_cannot_hold_is_warned_of(
    tmp_path: Path, limit: str, rounds_of_a_start: int, warned: bool
) -> None:
    lines = builders.in_starts(builders.run([JAX, SLOW], rounds=48), rounds=rounds_of_a_start)
    shown = " ".join(compare(str(records(tmp_path, lines)), "--fail-on", limit).stdout.split())
    assert ("Limits below 3 % need starts" in shown) == warned
    assert shown.count("STARTS=12") == warned + (rounds_of_a_start == 48)


# --- the page -------------------------------------------------------------------------------


def test_every_field_for_programs_is_described(tmp_path: Path) -> None:
    page = Path(__file__).parents[3] / "docs" / "comparing.md"
    described = set(
        re.findall(r"`(\w+)`", page.read_text(encoding="utf-8").partition("## The JSON")[2])
    )
    files = runs(tmp_path, [JAX, TORCH], [SLOW, TORCH], rounds=5, wrong=[("torch", CASE)])
    found = told(*files, "--fail-on", "slower")
    found["left_out"] = [{"path": "", "line": 1, "reason": ""}]
    by_cpu = {"cpu_ratio"}  # tests/unit/reports/test_cpu_time.py has it
    known = fields(found) | fields(_near(tmp_path)) | by_cpu
    assert known == described - {"comparison", "slower", "faster", "same", "unresolved"}


def _near(folder: Path) -> Any:
    """Intervals, and a difference that only several starts could tell."""
    near = replace(JAX, spec="jax==0.4.38", noise=1e-4, overhead_s=JAX.overhead_s * 1.015)
    near = replace(near, flop_per_s=JAX.flop_per_s / 1.015, bytes_per_s=JAX.bytes_per_s / 1.015)
    lines = builders.run([replace(JAX, noise=1e-4), near], rounds=12)
    return told(str(records(folder, lines, "near")))


def fields(value: Any) -> set[str]:
    """Every name in an object and all it holds."""
    if isinstance(value, dict):
        return set(value).union(*map(fields, value.values()))
    return set().union(*map(fields, value)) if isinstance(value, list) else set()

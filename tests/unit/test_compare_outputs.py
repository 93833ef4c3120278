"""What scripts have of a comparison: exit codes, and the JSON as its page describes it."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from tests import builders
from tests.comparisons import CASE, JAX, SLOW, TORCH, compare, records, runs, told

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


# --- the page -------------------------------------------------------------------------------


def test_every_field_for_programs_is_described(tmp_path: Path) -> None:
    page = Path(__file__).parents[2] / "docs" / "comparing.md"
    described = set(
        re.findall(r"`(\w+)`", page.read_text(encoding="utf-8").partition("## The JSON")[2])
    )
    files = runs(tmp_path, [JAX, TORCH], [SLOW, TORCH], rounds=5, wrong=[("torch", CASE)])
    found = told(*files, "--fail-on", "slower")
    found["left_out"] = [{"path": "", "line": 1, "reason": ""}]
    assert fields(found) == described - {"comparison", "slower", "faster", "same", "unresolved"}


def fields(value: Any) -> set[str]:
    """Every name in an object and all it holds."""
    if isinstance(value, dict):
        return set(value).union(*map(fields, value.values()))
    return set().union(*map(fields, value)) if isinstance(value, list) else set()

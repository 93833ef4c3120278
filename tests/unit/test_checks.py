"""The limits of the checks can be reached: a function beyond one is named, one at it is not."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
LINT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["ruff"]["lint"]
ARGUMENTS = LINT["pylint"]["max-args"]
BRANCHES = LINT["mccabe"]["max-complexity"] - 1
STATEMENTS = LINT["pylint"]["max-statements"]


def found(text: str) -> set[str]:
    """The rules of ruff that a module of ours with this text would break."""
    options = ["--output-format", "json", "--stdin-filename", "bench/run/module.py"]
    ended = subprocess.run(
        [sys.executable, "-m", "ruff", "check", *options, "-"],
        cwd=ROOT,
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )
    return {problem["code"] for problem in json.loads(ended.stdout)}


def arguments(count: int) -> str:
    names = [f"a{n}" for n in range(count)]
    return f"def f({', '.join(names)}):\n    print({', '.join(names)})\n"


def branches(count: int) -> str:
    return "def f(a):\n" + "".join(f"    if a > {n}:\n        a = f(a)\n" for n in range(count))


def statements(count: int) -> str:
    return "def f(a):\n" + "    f(a)\n" * count


@pytest.mark.parametrize(
    ("written", "limit", "rule"),
    [
        (arguments, ARGUMENTS, "PLR0913"),
        (branches, BRANCHES, "C901"),
        (statements, STATEMENTS, "PLR0915"),
    ],
)
def test_a_function_beyond_a_limit_is_found(written, limit: int, rule: str) -> None:
    assert rule in found(written(limit + 1))
    assert rule not in found(written(limit))

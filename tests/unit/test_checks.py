"""The limits of the checks can be reached: a function beyond one is named, one at it is not."""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

from scripts import sizes

ROOT = Path(__file__).resolve().parents[2]
TOOLS = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
LINT = TOOLS["ruff"]["lint"]
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


def test_types_are_checked_in_every_folder_of_ours() -> None:
    assert sorted(TOOLS["mypy"]["files"]) == sorted(sizes.FOLDERS)


def test_a_wrong_call_in_a_function_without_types_is_found(tmp_path: Path) -> None:
    """What is asked of tests and scripts: their functions are looked into all the same."""
    relaxed = next(each for each in TOOLS["mypy"]["overrides"] if "tests.*" in each["module"])
    (tmp_path / "tests").mkdir()
    (tmp_path / "tests" / "__init__.py").write_text("", encoding="utf-8")
    text = "def helper(a: int): ...\n\n\ndef test_it():\n    helper('one')\n    helper(None)\n"
    (tmp_path / "tests" / "module.py").write_text(text, encoding="utf-8")
    options = [f"{key} = {str(value).lower()}" for key, value in relaxed.items() if value is False]
    config = "\n".join(["[mypy]", "strict = true", "[mypy-tests.*]", *options])
    (tmp_path / "mypy.ini").write_text(config, encoding="utf-8")
    ended = subprocess.run(
        [sys.executable, "-m", "mypy", "--config-file", "mypy.ini", "-p", "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "module.py:5: error" in ended.stdout
    assert "Found 1 error" in ended.stdout

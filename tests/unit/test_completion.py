"""Completion in a real bash: make's options, flags, lists with commas and variants with colons."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from bench import completion
from bench.presets import PRESETS
from suites import catalog

CHECKOUT = Path(__file__).resolve().parents[2]
ASK = """
COMP_LINE="$2" COMP_POINT=${#2} COMPREPLY=()
_metalbench "${2%% *}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


def completed(line: str) -> list[str]:
    """What bash would offer at the end of the line."""
    script = f'eval "$1"\n{ASK}'
    done = subprocess.run(
        ["bash", "--norc", "-c", script, "bash", completion.script(), line],
        cwd=CHECKOUT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


BENCH = ".venv/host/bin/python -m bench"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("make bench FRAMEWORK=to", ["torch", "torch@compile"]),
        ("make bench FRAMEWORK=torch,num", ["torch,numpy"]),
        ("make bench FRAMEWORK=jax:", ["metal"]),
        ("make bench PRESET=", list(PRESETS)),
        ("make bench FRA", ["FRAMEWORK="]),
        ("make comple", ["completion"]),
        (f"{BENCH} run --suite", ["--suite"]),
        (f"{BENCH} run --suite ", list(catalog.NAMES)),
        (f"{BENCH} run --precision bf", ["bfloat16"]),
        (f"{BENCH} mach", ["machine"]),
        ("make bench FRAMEWORK=nonesuch", []),
    ],
)
def test_offers(line: str, expected: list[str]) -> None:
    assert completed(line) == expected


def test_every_command_is_offered() -> None:
    import typer.main

    from bench.__main__ import app

    assert set(completion.COMMANDS) == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

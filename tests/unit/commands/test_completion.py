"""Completion in a real bash: make's options, flags, lists with commas and variants with colons."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from bench.commands import completion
from bench.plan.presets import PRESETS
from suites import catalog

CHECKOUT = Path(__file__).resolve().parents[3]
ASK = """
COMP_LINE="$2" COMP_POINT=${#2} COMPREPLY=()
_metalbench "${2%% *}"
printf '%s\\n' "${COMPREPLY[@]}"
"""


BASH = ("bash", "--norc", "-c")
ZSH = ("zsh", "-f", "-c")


def completed(
    line: str, folder: Path = CHECKOUT, before: str = "", shell: Sequence[str] = BASH
) -> list[str]:
    """What a shell that ran `before` would offer at the end of the line."""
    script = f'{before}\neval "$1"\n{ASK}'
    done = subprocess.run(
        [*shell, script, "shell", completion.script(), line],
        cwd=folder,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stderr == ""
    return done.stdout.split()


BENCH = "./metalbench"


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


@pytest.mark.skipif(shutil.which("zsh") is None, reason="there is no zsh here")
def test_zsh_offers_the_same() -> None:
    begun = "autoload -Uz compinit; compinit -u -D"
    offered = completed("make bench PRESET=sm", CHECKOUT, begun, ZSH)
    assert "PRESET=smoke" in offered  # among others: zsh chooses by itself


THEIRS = "_theirs() { COMPREPLY=(theirs-$2); }\n"
REGISTERED = "complete -o nospace -F _theirs make"
LAZY = f"_completion_loader() {{ if [ $1 = make ]; then {REGISTERED}; fi; }}"


@pytest.mark.skipif(shutil.which("bash") is None, reason="there is no bash here")
@pytest.mark.parametrize("makefile", [None, "bench: ## of another project\n"])
@pytest.mark.parametrize(
    ("before", "expected"),
    [
        ("", []),
        (THEIRS + REGISTERED, ["theirs-"]),
        (THEIRS + LAZY, ["theirs-"]),
        (f'{THEIRS + REGISTERED}\neval "$1"', ["theirs-"]),  # evaluated twice
    ],
    ids=["none", "registered", "lazy", "twice"],
)
def test_elsewhere_make_is_completed_as_it_was(
    tmp_path: Path, makefile: str | None, before: str, expected: list[str]
) -> None:
    if makefile:
        (tmp_path / "Makefile").write_text(makefile)
    assert completed("make FRA", tmp_path, before) == expected
    assert completed("make FRA", CHECKOUT, before) == ["FRAMEWORK="]


def test_every_command_is_offered() -> None:
    import typer.main

    from bench.__main__ import app

    assert set(completion.COMMANDS) == set(typer.main.get_command(app).commands)  # type: ignore[attr-defined]

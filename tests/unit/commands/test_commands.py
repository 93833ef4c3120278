"""What every command has in common: one entry point, exit codes, no traceback for bad input."""

from __future__ import annotations

import importlib
import inspect
import os
import pkgutil
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from bench import commands
from bench.__main__ import app
from bench.commands import completion
from bench.terminal import exit_codes
from bench.version import version
from suites.errors import UserError
from tests.helpers.patience import PATIENT_S

NAMES = sorted(completion.COMMANDS)

MODULES = [
    module.name
    for module in pkgutil.walk_packages(commands.__path__, "bench.commands.")
    if not module.ispkg
]


def test_a_home_that_cannot_be_written_to_is_nothing_to_tell_of(tmp_path: Path) -> None:
    """Of another user, or on a read-only disk: matplotlib takes a temporary folder instead."""
    (tmp_path / "file").touch()
    loaded = subprocess.run(
        [sys.executable, "-c", "import bench.commands.report"],
        env={**os.environ, "MPLCONFIGDIR": str(tmp_path / "file" / "absent")},
        capture_output=True,
        text=True,
        timeout=PATIENT_S,
        check=True,
    )
    assert loaded.stderr == loaded.stdout == ""


def test_each_command_is_a_module_and_each_module_a_command() -> None:
    assert sorted(typer.main.get_command(app).commands) == NAMES  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", MODULES)
def test_each_command_is_entered_by_run_and_returns_its_exit_code(name: str) -> None:
    entry = importlib.import_module(name).run
    assert inspect.signature(entry).return_annotation == "int"


@pytest.mark.parametrize("words", ["run", "sustain", "bisect --good 1 --bad 2"])
def test_a_name_for_the_machine_is_checked_by_all_that_measure(words: str) -> None:
    taken = ["--framework", "numpy", "--suite", "matmul", "--label", "my machine"]
    ended = CliRunner().invoke(app, [*words.split(), *taken])
    assert ended.exit_code == 2
    assert "no label for a machine" in ended.output


def ending(error: Exception | None, code: int | None = None) -> tuple[int, str, object]:
    """Exit code, output and what escaped of a program whose command raises or returns this."""
    door = typer.Typer(cls=exit_codes.Commands)

    def command() -> int | None:
        if error is not None:
            raise error
        return code

    door.command("one")(command)
    door.command("two")(command)
    ended = CliRunner().invoke(door, ["one"])
    return ended.exit_code, ended.output, ended.exception


def test_the_exit_code_is_what_a_command_returns() -> None:
    assert [ending(None, code)[0] for code in (None, 0, 1, 130)] == [0, 0, 1, 130]


@pytest.mark.parametrize("error", [UserError("no such thing"), OSError("no such thing")])
def test_what_a_user_can_mend_is_one_line_and_exit_code_2(error: Exception) -> None:
    assert ending(error)[:2] == (2, "metalbench: no such thing\n")


@pytest.mark.parametrize(
    ("error", "word"),
    [(RuntimeError("can't start new thread"), "ulimit -u"), (MemoryError(), "not enough memory")],
)
def test_what_the_system_would_not_give_is_one_line_and_exit_code_2(error, word) -> None:
    code, output, _ = ending(error)
    assert code == 2
    assert word in output
    assert output.count("\n") == 1


@pytest.mark.parametrize("error", [ValueError("ours"), KeyError("ours"), RuntimeError("ours")])
def test_a_fault_of_ours_shows_itself(error: Exception) -> None:
    code, output, escaped = ending(error)
    assert (code, output, escaped) == (1, "", error)


def needy(group, *before: str) -> Iterator[tuple[tuple[str, ...], str]]:
    """What to type for each command that must be told something, and what its help ends with."""
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from needy(command, *before, name)
        elif any(param.required for param in command.params):
            yield (*before, name), command.epilog


def test_a_command_that_is_not_told_what_it_needs_shows_an_example_in_one_line() -> None:
    found = list(needy(typer.main.get_command(app)))
    assert len(found) > 12
    for typed, example in found:
        ended = CliRunner().invoke(app, typed)
        assert ended.exit_code == 2
        assert example.startswith("For example: "), typed
        assert re.fullmatch(
            rf"metalbench: {' '.join(typed)} needs .+: .+\. {re.escape(example)}\n", ended.output
        )


def test_a_wrong_value_is_told_as_one() -> None:
    ended = CliRunner().invoke(app, ["run", "--seed", "x"])
    assert ended.exit_code == 2
    assert "Invalid value for '--seed'" in ended.output


def test_the_version_is_shown() -> None:
    shown = CliRunner().invoke(app, ["--version"])
    assert (shown.exit_code, shown.output) == (0, f"metalbench {version()}\n")

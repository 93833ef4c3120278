"""How a command ends: 0 done, 1 done and something in it was wrong, 2 bad input, each in a line."""

from __future__ import annotations

import sys
from typing import Any

import typer
from typer.core import TyperGroup

from bench.printable import tell
from bench.terminal import pipes
from suites.errors import UserError


class Commands(TyperGroup):
    """Ends with the exit code that a command returns, or with 2 for what a user can mend.

    Anything else that escapes is a fault of ours and shows itself.
    """

    def invoke(self, ctx: Any) -> Any:
        try:
            code = super().invoke(ctx)
        except typer.BadParameter as error:
            if error.message:  # a wrong value, which typer tells well; what is missing has none
                raise
            tell(f"metalbench: {_missing(error)}")
            code = 2
        except (UserError, OSError) as error:
            tell(f"metalbench: {error}")
            code = 2
        except (RuntimeError, MemoryError) as error:
            if not (lacking := _lacking(error)):
                raise
            tell(f"metalbench: {lacking}. What was recorded is kept.")
            code = 2
        lost = pipes.lost()
        if lost and not code:
            code = failed(f"standard output could not be written: {lost}")
        raise typer.Exit(code or 0)


def _missing(error: Any) -> str:
    """What a command was not told, and the example that its help ends with."""
    param, context = error.param, error.ctx
    word = param.opts[0] if param.param_type_name == "option" else str(param.name).upper()
    name = context.command_path.partition(" ")[2]
    meaning = getattr(param, "help", None) or ""
    meaning = meaning[:1].lower() + meaning[1:]
    return f"{name} needs {word}: {meaning} {context.command.epilog or ''}".rstrip()


def _lacking(error: RuntimeError | MemoryError) -> str:
    """What the system would not give; empty where the fault is another."""
    if isinstance(error, MemoryError):
        return "there is not enough memory. Close other programs, or raise `ulimit -v`"
    if "can't start new thread" in str(error):  # Python has no class of its own for it
        return (
            "the system starts no more processes or threads. Close programs, or raise `ulimit -u`"
        )
    return ""


def failed(reason: str) -> int:
    """Exit code 1, and why as the last line, since make would only give the number."""
    sys.stdout.flush()
    tell(f"exit 1: {reason}")
    return 1

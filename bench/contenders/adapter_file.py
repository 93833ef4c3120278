"""What an adapter file says of itself: its constants are read before anything of it runs."""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass
from pathlib import Path

from suites.errors import UserError

MAX_BYTES = 2**20

_NAME = re.compile(r"[A-Za-z0-9_.-]{1,40}")


class BadAdapter(UserError):
    """No file that a worker could take as an adapter; the message says why."""


@dataclass(frozen=True)
class AdapterFile:
    """The words of an adapter that decide what it is called and what it runs in."""

    name: str
    """Of the framework, from NAME."""
    environment: str = "numpy"
    """As a user types a framework, from ENVIRONMENT; or `host`."""
    package: str | None = None
    """The distribution whose versions may be asked for, from PACKAGE."""


def read(path: Path) -> AdapterFile:
    """What the file at the path says. Raises BadAdapter."""
    constants = _constants(path)
    name = constants.get("NAME")
    if not name or not _NAME.fullmatch(name):
        raise BadAdapter(
            f'adapter {path} names no framework. Expected a line like NAME = "mine" (letters, '
            f"digits, . _ -). Received: {name!r}. See docs/adding.md."
        )
    return AdapterFile(name, constants.get("ENVIRONMENT", "numpy"), constants.get("PACKAGE"))


def _constants(path: Path) -> dict[str, str]:
    """Module-level string constants of a Python file."""
    try:
        usual = path.stat().st_size <= MAX_BYTES and path.is_file()
        source = path.read_bytes() if usual else b""
    except OSError as error:
        raise BadAdapter(f"cannot read adapter {path}: {error.strerror}") from None
    if not usual:
        raise BadAdapter(f"adapter {path} is no file of at most {MAX_BYTES} bytes")
    try:
        tree = ast.parse(source, filename=str(path))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        why = str(error) or "nested too deeply"
        raise BadAdapter(f"adapter {path} is not valid Python: {why}") from None
    return {
        target.id: statement.value.value
        for statement in tree.body
        if isinstance(statement, ast.Assign)
        for target in statement.targets
        if isinstance(target, ast.Name)
        and isinstance(statement.value, ast.Constant)
        and isinstance(statement.value.value, str)
    }

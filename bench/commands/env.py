"""The command `env`: environments built, removed and shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich.console import Console

from bench.environments import manager, requirements
from bench.environments.interpreters import is_path
from bench.environments.manager import State
from bench.printable import Screen, tell
from bench.terminal.tables import plain_table
from bench.values import BadValue
from frameworks import NAMES

ACTIONS = ("list", "build", "remove")


def run(action: str, names: Sequence[str]) -> int:
    """Do it, and return the exit code: 1 when an environment could not be built.

    Raises UserError, OSError.
    """
    if action not in ACTIONS:
        raise BadValue(
            f"unknown action. Expected one of {', '.join(ACTIONS)}. Received: {action!r}. "
            "For example: ./metalbench env build torch"
        )
    if action == "remove" and not names:
        raise BadValue(
            "nothing named. Expected environments to remove, as in ./metalbench env remove torch"
        )
    own = [text for text in names if ":" in text and is_path(text.partition(":")[2])]
    if own:
        raise BadValue(
            "a Python of your own is neither built nor removed. Expected environments under .venv, "
            f"as in ./metalbench env {action} torch. Received: {own[0]!r}"
        )
    code = 0
    everything = NAMES if action == "build" else ()
    for name in [requirements.parse(text) for text in names or everything]:
        try:
            if action == "build":
                manager.ensure(name, tell, every_file=True)
            elif action == "remove":
                manager.remove(name)
        except manager.NoSuchVersion as error:
            raise BadValue(str(error)) from None
        except (manager.BuildFailed, manager.Unavailable) as error:
            tell(f"metalbench: {name}: {error}")
            code = 1
    _show(manager.listing(), Screen())
    return code


def _show(states: Iterable[State], console: Console) -> None:
    """Every environment with its state, versions and size."""
    table = plain_table("environment", "state", "python", "versions", "size")
    for state in states:
        versions = ", ".join(f"{name} {version}" for name, version in state.versions.items())
        size = f"{state.size_bytes / 2**20:,.0f} MiB" if state.size_bytes else ""
        table.add_row(state.name, state.state, state.python or "", versions or state.reason, size)
    console.print(table)

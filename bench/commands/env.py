"""Environments built, removed and shown: what the command `env` does."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rich.console import Console

from bench.commands import list
from bench.environments import manager, requirements
from bench.values import BadValue
from frameworks import NAMES

ACTIONS = ("list", "build", "remove")


def run(action: str, names: Sequence[str], say: Callable[[str], None]) -> int:
    """Do it, and return the exit code: 1 when an environment could not be built.

    Raises ValueError, OSError.
    """
    if action not in ACTIONS:
        raise BadValue(
            f"unknown action. Expected one of {', '.join(ACTIONS)}. Received: {action!r}. "
            "For example: env build torch"
        )
    if action == "remove" and not names:
        raise BadValue("nothing named. Expected environments to remove, as in env remove torch")
    code = 0
    everything = NAMES if action == "build" else ()
    for name in [requirements.parse(text) for text in names or everything]:
        try:
            if action == "build":
                manager.ensure(name, say)
            elif action == "remove":
                manager.remove(name)
        except manager.NoSuchVersion as error:
            raise BadValue(str(error)) from None
        except (manager.BuildFailed, manager.Unavailable) as error:
            say(f"metalbench: {name}: {error}")
            code = 1
    list.show_environments(manager.listing(), Console())
    return code

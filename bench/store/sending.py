"""Finished runs sent to a store by a process of its own: only `.venv/fleet` has what that takes."""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.environments.manager import CHECKOUT


def send(url: str, paths: Sequence[Path]) -> str:
    """Put the runs into the store; why they are not in it, with the command that tries again."""
    command = ["./metalbench", "store", "push", url, *map(str, paths)]
    absolute = [str(CHECKOUT / "metalbench"), *command[1:]]
    try:
        ended = subprocess.run(absolute, stdin=subprocess.DEVNULL, check=False)
    except OSError as error:
        why = f" ({error})"
    except KeyboardInterrupt:
        why = " (interrupted)"
    else:
        if not ended.returncode:
            return ""
        why = ""
    return f"not in the store{why}, but kept here. This sends it again: {shlex.join(command)}"

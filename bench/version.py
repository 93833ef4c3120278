"""Which Metalbench this is: the version that pyproject.toml states, and the checkout's commit."""

from __future__ import annotations

import subprocess
import tomllib
from pathlib import Path

from bench.environments.manager import CHECKOUT


def version(checkout: Path = CHECKOUT) -> str:
    """The version of the code that runs, such as `0.1.0`; the one place that reads it."""
    with (checkout / "pyproject.toml").open("rb") as file:
        return str(tomllib.load(file)["project"]["version"])


def commit(checkout: Path = CHECKOUT) -> str | None:
    """The checkout's commit, `+` when it has been changed since; None outside git.

    Not by `git describe --dirty`: it writes git's index anew, and ended meanwhile leaves a lock.
    """
    command = ["git", "--no-optional-locks", "status", "--porcelain=v2", "--branch"]
    command.append("--untracked-files=no")
    try:
        done = subprocess.run(
            command, cwd=checkout, capture_output=True, text=True, timeout=10, check=False
        )
    except (OSError, subprocess.TimeoutExpired):
        return None
    lines = done.stdout.splitlines()
    found = [line.split()[-1] for line in lines if line.startswith("# branch.oid ")]
    if not found or found == ["(initial)"]:
        return None
    return found[0] + ("+" if any(not line.startswith("#") for line in lines) else "")

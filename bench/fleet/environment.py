"""Commands on many machines and on a store go on in `.venv/fleet`, which holds what they need."""

from __future__ import annotations

import importlib.util
import os
import sys

from bench import printable
from bench.environments import manager, requirements

NEEDED = ("cryptography", "distributed", "duckdb", "s3fs")
"""Modules that the environment has beyond the host's."""


def enter() -> None:
    """Start the same command line there; return where its packages are at hand already.

    Raises Unavailable or BuildFailed.
    """
    if all(importlib.util.find_spec(name) for name in NEEDED):
        return
    python = str(manager.ensure(requirements.parse("fleet"), _say))
    sys.stdout.flush()
    os.execv(python, [python, "-P", "-m", "bench", *sys.argv[1:]])


def _say(line: str) -> None:
    printable.tell(f"metalbench: {line}")

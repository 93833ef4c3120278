"""The name of the GPU that a Metal plugin takes, which only a line it prints tells."""

from __future__ import annotations

import os
import re
import subprocess
import sys

_BANNER = re.compile(r"Metal device set to:[ \t]*([^\n]+?)\s*(?=\n|systemMemory|$)")
_LONGEST = 100
_PATIENCE_S = 300


def device_name(printed: str) -> str | None:
    """The GPU in what TensorFlow's or JAX's plugin printed; None where it names none."""
    found = _BANNER.search(printed)
    name = "".join(filter(str.isprintable, found[1])).strip() if found else ""
    return name[:_LONGEST] or None


def printed(program: str) -> str:
    """What a Python program writes to descriptors 1 and 2 until it ends, however it ends.

    C++ prints the line when a device is first used, past Python's own stdout and stderr. After
    that a process can no longer choose its devices, and some abort: so it happens in another one.
    """
    try:
        ended = subprocess.run(
            [sys.executable, "-c", program],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "0"},  # a user's own may hide the line
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return ""
    return ended.stdout.decode(errors="replace")

"""A program that may take so long and no longer: it is asked to end, then ended, and logged."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from scripts.device_check.packages import CHECKOUT

GRACE_S = 10.0
"""A run that is asked to end finishes its slice. It is not asked by Ctrl-C's signal, of which it
tells whoever pressed it: nobody did."""


def run(
    command: Sequence[str],
    log: Path,
    limit_s: float,
    variables: Mapping[str, str] | None = None,
) -> int | None:
    """Its exit code, None where it was ended; what it says goes to the log. An exception that
    ends the waiting, as of Ctrl-C, ends it too."""
    with log.open("ab") as file:
        file.write(f"\n$ {' '.join(command)}\n".encode())
        file.flush()
        # A session of its own: Ctrl-C comes to this process alone, which passes it on.
        child = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=file,
            cwd=CHECKOUT,
            env=dict(os.environ if variables is None else variables),
            start_new_session=True,
        )
        try:
            return child.wait(limit_s)
        except subprocess.TimeoutExpired:
            return None
        finally:
            _end(child)


def _end(child: subprocess.Popen[bytes]) -> None:
    for number in (signal.SIGTERM, signal.SIGKILL):
        if child.poll() is not None:
            return
        with contextlib.suppress(ProcessLookupError):
            os.killpg(child.pid, number)
        with contextlib.suppress(subprocess.TimeoutExpired):
            child.wait(GRACE_S)

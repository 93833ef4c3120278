"""Keeps a Mac awake while a run goes on: asleep, it measures nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator

COMMAND = "/usr/bin/caffeinate"


@contextlib.contextmanager
def prevent_sleep(
    say: Callable[[str], None],
    command: str = COMMAND,
    needed: bool = sys.platform == "darwin",
) -> Iterator[None]:
    """Hold off idle sleep meanwhile. Where that cannot be, `say` is told and nothing else happens.

    caffeinate(8): -i prevents idle sleep; -w ends with the given process, however that ends.
    """
    child = _started(command, say) if needed else None
    try:
        yield
    finally:
        if child:
            _stop(child, say)


def _started(command: str, say: Callable[[str], None]) -> subprocess.Popen[bytes] | None:
    try:
        return subprocess.Popen(
            [command, "-i", "-w", str(os.getpid())],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            process_group=0,  # Ctrl-C is for the run, which still has a slice to end
        )
    except OSError as error:
        say(f"the system may fall asleep during this run: {command}: {error.strerror}")
        return None


def _stop(child: subprocess.Popen[bytes], say: Callable[[str], None]) -> None:
    code = child.poll()
    if code is not None:
        say(f"the system may have slept during this run: caffeinate ended early, with code {code}")
        return
    child.kill()  # it holds nothing but the promise, which the system takes back
    child.wait()

"""Runs a command line in a fork of this process: the whole command, without Python's start."""

from __future__ import annotations

import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path

from scripts.attack import commands
from scripts.attack.commands import Ended

ENOUGH_S = 20.0
"""After this long a command is asked to stop, as Ctrl-C does: a run that measures is no fault."""

GRACE_S = 60.0
"""One that does not obey within this is killed, and counted."""


def call(
    *arguments: str,
    cwd: Path,
    enough_s: float = ENOUGH_S,
    before: Callable[[], None] = lambda: None,
) -> Ended:
    """`./metalbench ARGUMENTS` in that folder, to its end; `before` runs in its process first."""
    commands.adopt_orphans()
    variables = commands.own()
    with tempfile.TemporaryFile() as output:
        pid = os.fork()
        if pid == 0:
            os.environ.update(variables)
            tempfile.tempdir = None  # the new one is looked up
            _become(output.fileno(), cwd, arguments, before)
        code = _ended(pid, enough_s)
        output.seek(0)
        text = output.read(2**20).decode("utf-8", "replace")
    return Ended(arguments, code, text, commands.leftover())


def _become(output: int, cwd: Path, arguments: tuple[str, ...], before: Callable[[], None]) -> None:
    """The child: never returns."""
    code = 1
    try:
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.dup2(output, 1)
        os.dup2(output, 2)
        os.chdir(cwd)
        signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored where `&` began us
        sys.argv = [str(Path(commands.CHECKOUT, "bench", "__main__.py")), *arguments]
        before()
        code = _finished(_command_line())
    finally:
        os._exit(code)


def _command_line() -> Callable[[], None]:
    from bench.__main__ import app, pipes

    pipes.forgive()
    warnings.simplefilter("ignore")
    return lambda: app(prog_name="./metalbench")


def _finished(command: Callable[[], None]) -> int:
    """Exit code of the command, as Python's own main program would give it."""
    try:
        command()
        code: object = 0
    except SystemExit as stopped:
        code = stopped.code
    except BaseException:  # noqa: BLE001 - what Python would show, it shows
        traceback.print_exc()
        code = 1
    sys.stdout.flush()
    sys.stderr.flush()
    return code if isinstance(code, int) else 0


def _ended(pid: int, enough_s: float) -> int:
    """Wait for the child; negative: the signal that ended it."""
    begun, asked = time.monotonic(), False
    pause_s = 0.001
    while True:
        found, status = os.waitpid(pid, os.WNOHANG)
        if found:
            return os.waitstatus_to_exitcode(status)
        spent_s = time.monotonic() - begun
        if spent_s > enough_s and not asked:
            os.kill(pid, signal.SIGINT)
            asked = True
        if spent_s > enough_s + GRACE_S:
            os.kill(pid, signal.SIGKILL)
        time.sleep(pause_s)
        pause_s = min(0.05, 1.5 * pause_s)


def warm() -> None:
    """Import what commands import, once for all forks."""
    import bench.__main__
    import bench.commands.compare
    import bench.commands.doctor
    import bench.commands.report
    import bench.commands.run  # noqa: F401

"""Runs a command as a user does, and sees how it ended, what it left running and what it left."""

from __future__ import annotations

import atexit
import ctypes
import functools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from scripts.attack.counts import Counts

CHECKOUT = Path(__file__).resolve().parents[2]
LAUNCHER = str(CHECKOUT / "metalbench")
SMALL = ("run", "--framework", "numpy", "--suite", "matmul", "--preset", "smoke", "--time", "20s")
"""A real run of a few seconds; --out is for the attack to add."""
_SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER of linux/prctl.h


@dataclass(frozen=True, slots=True)
class Ended:
    """How a command ended."""

    command: tuple[str, ...]
    code: int
    """Exit code; negative: the signal that ended it."""
    output: str
    """Standard output and error, as they came."""
    orphans: tuple[str, ...]
    """Command lines of processes that it left running; they are ended by now."""

    def traced(self) -> bool:
        """Whether it ended as no command should: a traceback, a signal, or a failure in silence."""
        silent = self.code not in (0, 130) and not self.output.strip()
        return "Traceback (most" in self.output or self.code < 0 or silent

    def count(self, expected: Sequence[int] = (0, 1, 2)) -> Counts:
        """This command as one input: traceback or unexpected code, and orphans, with notes."""
        wrong = self.traced() or self.code not in expected
        shown = f"{' '.join(self.command)[-200:]}: exit {self.code}: {self.output.strip()[-300:]}"
        notes = [shown] if wrong else []
        notes += [f"left running: {each}" for each in self.orphans]
        return Counts(inputs=1, tracebacks=int(wrong), orphans=len(self.orphans), notes=notes)


def start(
    *arguments: str,
    cwd: Path | None = None,
    environment: Mapping[str, str] | None = None,
    launcher: Sequence[str] = (LAUNCHER,),
    limits=None,
) -> subprocess.Popen:
    """Begin a command through the launcher; `limits` runs in the child before it."""
    adopt_orphans()
    return subprocess.Popen(
        [*launcher, *arguments],
        cwd=cwd or CHECKOUT,
        env={**os.environ, **own(), **(environment or {})},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        preexec_fn=limits,
    )


def wait(command: subprocess.Popen, timeout_s: float = 300) -> Ended:
    """Wait until a command ends; a command that does not is killed, and -9 says so."""
    try:
        output, _ = command.communicate(timeout=timeout_s)
    except subprocess.TimeoutExpired:
        command.kill()
        output, _ = command.communicate()
    text = output.decode("utf-8", "replace")
    words = tuple(str(each) for each in command.args)
    return Ended(words, command.returncode, text, leftover())


def run(*arguments: str, timeout_s: float = 300, **how) -> Ended:
    """Run a command through the launcher to its end."""
    return wait(start(*arguments, **how), timeout_s)


def own() -> dict[str, str]:
    """Variables that keep what commands leave in the folder of this process. Other runs on the
    machine are not waited for, and what a killed command could not remove goes with the rest."""
    return {"METALBENCH_LOCK": own_folder(), "TMPDIR": own_folder()}


@functools.cache
def own_folder() -> str:
    """Removed when this process ends; to be made before a fork, whose end removes nothing."""
    folder = tempfile.mkdtemp(prefix="attack-own-")
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def adopt_orphans() -> None:
    """Make this process the parent of whatever the commands leave behind (Linux alone can)."""
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_SUBREAPER, 1, 0, 0, 0)


def leftover(grace_s: float = 3.0) -> tuple[str, ...]:
    """Processes that an ended command left running, ended now: nobody else would end them."""
    until = time.monotonic() + grace_s
    while (alive := _alive()) and time.monotonic() < until:
        time.sleep(0.05)
    shown = tuple(f"{each.pid} {_words(each)}" for each in alive)
    for each in alive:
        each.send_signal(signal.SIGKILL)
    psutil.wait_procs(alive, timeout=5)
    return shown


def _alive() -> list[psutil.Process]:
    """Descendants of this process that still run; those that have ended are waited for."""
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return []  # no child, so nobody's child either: a look at all processes is dear
    found = []
    for each in psutil.Process().children(recursive=True):
        try:
            if each.status() == psutil.STATUS_ZOMBIE:
                each.wait(0)
            else:
                found.append(each)
        except (psutil.Error, OSError):
            continue
    return found


def _words(process: psutil.Process) -> str:
    try:
        return " ".join(process.cmdline())[:200]
    except psutil.Error:
        return "?"

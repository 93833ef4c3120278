"""A worker's life as the host sees it: its start, how it ended, what it holds, and the end of all
that it began. Its keeper does what a host that is killed could not."""

from __future__ import annotations

import contextlib
import os
import secrets
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from io import FileIO

from bench.contenders import keeper
from bench.contenders.process_tree import ProcessTree
from bench.machine.privacy import scrub

ORPHANS = "adopts" if sys.platform == "linux" else "marks"
"""How a keeper finds what a worker left: by descent where the system can make orphans its children,
else by the mark in their environment too."""

MARK_NAME = "METALBENCH_WORKER"
"""Variable that every process of a worker inherits, with a value that no other worker has."""

START_S = 30.0
"""Longest a keeper may take to start a worker, on however busy a machine."""

END_S = keeper.END_S + 5.0
"""Longest a keeper may take to end what it keeps. The host then tries itself."""


@dataclass(frozen=True)
class Death:
    """How a worker ended."""

    reason: str
    signal_name: str | None = None
    exit_code: int | None = None


class WorkerLife:
    """Of one worker, begun with it. Raises OSError where the system has no room for another."""

    def __init__(
        self,
        command: Sequence[str],
        environment: Mapping[str, str],
        handed: Sequence[int],
        output: int,
    ) -> None:
        """`handed` are the descriptors that the worker inherits, besides its output."""
        self._mark = f"{MARK_NAME}={secrets.token_hex(16)}"
        with contextlib.ExitStack() as unless_started, contextlib.ExitStack() as theirs:
            self._status, told = pipe(reads=unless_started, writes=theirs)
            life, self._host_lives = pipe(reads=theirs, writes=unless_started)
            os.set_blocking(self._status.fileno(), False)
            keeps = [sys.executable, "-P", "-m", keeper.__name__]
            keeps += [str(life.fileno()), str(told.fileno()), ORPHANS, self._mark]
            self._keeper = subprocess.Popen(
                [*keeps, ",".join(map(str, handed)), *command],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=output,
                pass_fds=(life.fileno(), told.fileno(), *handed),
                env=dict(environment),
                start_new_session=True,  # Ctrl-C reaches the host alone
            )
            unless_started.pop_all()
        self._tree = ProcessTree(self._keeper.pid, self._mark, adopts=False)
        self._heard, self._over = bytearray(), False
        self._pid: int | None = None
        self.death: Death | None = None
        """None while it lives, as far as was heard."""

    @property
    def pid(self) -> int | None:
        """Of the worker; None where it did not start."""
        self._hear_until(lambda: self._pid is not None, START_S)
        return self._pid

    @property
    def news(self) -> FileIO:
        """Can be read when there is something to `hear`."""
        return self._status

    def hear(self) -> None:
        """Learn what the keeper has told, without waiting."""
        if self._status.closed:
            return
        received = self._status.read(65536)
        if received == b"":
            self._status.close()
            with contextlib.suppress(subprocess.TimeoutExpired):
                self._keeper.wait(timeout=1)
            # Without its word: the worker ends with a keeper that was killed.
            self.death = self.death or _ended("the worker's keeper", self._keeper.returncode)
        *lines, self._heard = (self._heard + (received or b"")).split(b"\n")
        for line in lines:
            what, _, rest = line.decode().partition(" ")
            if what == "started":
                pid, adopts = map(int, rest.split())
                self._pid = pid
                self._tree = ProcessTree(self._keeper.pid, self._mark, adopts=bool(adopts))
            elif what == "failed":
                self.death = Death(f"the worker does not start: {scrub(rest)}")
            else:
                self.death = self.death or _ended("the worker", int(rest))

    def wait(self, limit_s: float) -> Death | None:
        """How it ended, within that time; None where it lives on."""
        self._hear_until(lambda: self.death is not None, limit_s)
        return self.death

    def held_bytes(self, limit: int) -> int:
        """Memory of the worker and of all that it began; exact where it exceeds the limit."""
        self.hear()
        return self._tree.held_bytes(limit)

    def end(self) -> None:
        """End it and all that it began, within 20 s. Never raises."""
        if self._over:
            return
        self._host_lives.close()  # at which the keeper ends them, and then itself
        self._hear_until(lambda: self._status.closed, END_S)
        with contextlib.suppress(OSError, subprocess.TimeoutExpired):
            self._keeper.kill()  # nothing, where it has ended
            self._keeper.wait(timeout=1)
        if self._keeper.returncode != 0:  # it was killed, or could not end all of them
            ProcessTree(None, self._mark, adopts=False).end(keeper.END_S)
        self.hear()
        self._status.close()
        self._over = True

    def _hear_until(self, satisfied: Callable[[], bool], limit_s: float) -> None:
        deadline = time.monotonic() + limit_s
        while not satisfied() and not self._status.closed:
            ready = select.poll()
            ready.register(self._status, select.POLLIN)
            left_s = deadline - time.monotonic()
            if left_s < 0 or not ready.poll(1000 * left_s):
                return
            self.hear()


def pipe(reads: contextlib.ExitStack, writes: contextlib.ExitStack) -> tuple[FileIO, FileIO]:
    """Both ends of a new pipe, each closed with its stack. Raises OSError."""
    read, write = os.pipe()
    return reads.enter_context(FileIO(read)), writes.enter_context(FileIO(write, "w"))


def _ended(who: str, code: int | None) -> Death:
    if code is None or code >= 0:
        return Death(f"{who} exited with code {code}", exit_code=code)
    known = -code in {number.value for number in signal.Signals}
    name = signal.Signals(-code).name if known else f"signal {-code}"
    return Death(f"{who} was ended by {name}", signal_name=name)

"""A worker's keeper: starts it, tells the host how it ended, and ends all that it has left behind.

A process between the two, as neither can do this: a host may be killed, and a worker may be stopped
or hold its interpreter's lock. Started as `python -P -m bench.contenders.keeper LIFE_FD STATUS_FD
adopts|marks NAME=MARK HANDED_FDS COMMAND...`; it sleeps for as long as both live.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time
from collections.abc import Sequence

END_S = 5.0
"""Longest it tries to end what a worker left: what a driver holds in the kernel cannot be ended."""

_PR_SET_PDEATHSIG, _PR_SET_CHILD_SUBREAPER = 1, 36  # prctl(2)


class Keeper:
    """Of one worker. What it learns it writes to `status`, a line for each thing."""

    def __init__(self, status: int, mark: str, adopts: bool) -> None:
        self._status, self._mark = status, mark
        self._adopts = adopts and _prctl(_PR_SET_CHILD_SUBREAPER, 1)
        self._deaths = _deaths()
        self._worker, self._ended, self._childless = 0, False, False

    def start(self, command: Sequence[str]) -> None:
        """Start the worker, as the leader of a session: Ctrl-C reaches the host alone.

        Raises OSError where the system has no room for another process.
        """
        keeper = os.getpid()
        self._worker = os.fork()
        if self._worker:
            self.tell(f"started {self._worker} {int(self._adopts)}")
            return
        try:
            self._become(command, keeper)
        except OSError as error:
            self.tell(f"failed {error}")
        finally:
            os._exit(1)

    def keep(self, life: int) -> bool:
        """Sleep until worker or host has ended, then end what is left; True where nothing is."""
        host_ended, either = select.poll(), select.poll()
        for source in (life, self._deaths):
            either.register(source, select.POLLIN)
        host_ended.register(life, select.POLLIN)  # nobody writes: it is readable at its end
        while not self._ended and not host_ended.poll(0):
            either.poll()
            self._reap()
        return self._end()

    def tell(self, line: str) -> None:
        with contextlib.suppress(OSError):  # nobody listens any more
            os.write(self._status, line.encode(errors="replace") + b"\n")

    def _become(self, command: Sequence[str], keeper: int) -> None:
        os.setsid()
        if sys.platform == "linux":
            # Should the keeper be killed. It has one thread, whose end is therefore its own.
            _prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != keeper:  # it was, before that call
                return
        for number in (signal.SIGPIPE, signal.SIGXFSZ):  # Python ignores them
            signal.signal(number, signal.SIG_DFL)
        name, _, value = self._mark.partition("=")
        os.environ[name] = value
        os.execvp(command[0], list(command))

    def _reap(self) -> None:
        """Take leave of the children that have died, among them orphans it has adopted."""
        with contextlib.suppress(BlockingIOError):
            os.read(self._deaths, 4096)
        with contextlib.suppress(ChildProcessError):
            while (died := os.waitpid(-1, os.WNOHANG))[0]:
                if died[0] == self._worker:
                    self._ended = True
                    self.tell(f"ended {os.waitstatus_to_exitcode(died[1])}")
            return
        self._childless = True

    def _end(self) -> bool:
        deadline = time.monotonic() + END_S
        if self._adopts:
            if not self._ended:
                os.kill(self._worker, signal.SIGKILL)
            died = select.poll()
            died.register(self._deaths, select.POLLIN)
            while not self._ended and time.monotonic() < deadline:
                died.poll(max(0, 1000 * (deadline - time.monotonic())))
                self._reap()
            if self._childless:  # all its orphans would be children
                return True
        # Only now: to import psutil takes longer than all else here, and few workers have children.
        from bench.contenders.process_tree import ProcessTree

        tree = ProcessTree(os.getpid(), self._mark, adopts=self._adopts)
        ended = tree.end(deadline - time.monotonic())
        self._reap()
        return ended


def _prctl(option: int, value: int) -> bool:
    import ctypes

    return bool(ctypes.CDLL(None).prctl(option, value, 0, 0, 0) == 0)


def _deaths() -> int:
    """A descriptor that can be read once a child has died."""
    read, write = os.pipe()
    os.set_blocking(read, False)
    os.set_blocking(write, False)
    signal.set_wakeup_fd(write, warn_on_full_buffer=False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    return read


def main(life: str, status: str, orphans: str, mark: str, handed: str, *command: str) -> int:
    """Keep one worker from its start to its end; 0 where nothing of it is left."""
    for descriptor in (life, status):
        os.set_inheritable(int(descriptor), False)
    keeper = Keeper(int(status), mark, orphans == "adopts")
    try:
        keeper.start(command)
    except OSError as error:
        keeper.tell(f"failed {error}")
        return 0
    # The worker's pipes are its own: each must end when its last process does.
    nowhere = os.open(os.devnull, os.O_RDWR)
    for printed in (1, 2):
        os.dup2(nowhere, printed)
    for descriptor in filter(None, handed.split(",")):
        os.close(int(descriptor))
    return 0 if keeper.keep(int(life)) else 1


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

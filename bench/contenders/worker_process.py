"""The host's end of a worker: ask it, and bound its time, its memory and its output."""

from __future__ import annotations

import contextlib
import json
import os
import select
import threading
from collections.abc import Mapping, Sequence
from io import FileIO
from pathlib import Path
from typing import Any

from bench.contenders.patience import Patience
from bench.contenders.replies import MAX_BYTES, OutOfStep, R, Reply, read
from bench.contenders.worker_life import WorkerLife, pipe
from bench.environments.interpreters import START
from bench.machine.privacy import scrub

TAIL_BYTES = 8192
"""Of a worker's output, how much of its beginning and how much of its end are kept."""

MEMORY_POLL_S = 0.1
"""How often a worker's memory is looked at where it is limited. Watching from here works on every
system; a limit inside the process would count address space, of which frameworks reserve much."""


FAREWELL_S = 5.0
"""Longest that the end of a worker is waited for whose pipes have ended."""


class WorkerDied(Exception):
    """The worker can no longer be used; a new one must be started."""

    def __init__(
        self, reason: str, *, signal_name: str | None = None, exit_code: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.signal_name, self.exit_code = reason, signal_name, exit_code


class WorkerProcess:
    """One running worker process. Raises WorkerDied when it cannot be started."""

    def __init__(
        self,
        python: Path,
        module: str,
        environment: Mapping[str, str],
        threads: int | None,
        memory_bytes: int | None = None,
        start: Sequence[str] = START,
    ) -> None:
        try:
            with contextlib.ExitStack() as unless_started, contextlib.ExitStack() as theirs:
                commands, self._commands = pipe(reads=theirs, writes=unless_started)
                self._replies, replies = pipe(reads=unless_started, writes=theirs)
                printed, output = pipe(reads=unless_started, writes=theirs)
                handed = commands.fileno(), replies.fileno()
                command = [str(python), *start, module]
                command += [*map(str, handed), str(threads or 0)]
                self._life = WorkerLife(command, environment, handed, output.fileno())
                unless_started.pop_all()
        except OSError as error:  # out of descriptors, or of processes
            raise WorkerDied(f"the worker does not start: {scrub(str(error))}") from None
        self._asked = 0
        """Number of the last request."""
        self.stood_still_s = 0.0
        """Of all waits for replies, seconds in which this process itself did not run."""
        self._pending, self._searched = bytearray(), 0
        self._memory_bytes = memory_bytes
        self._output = _Output(printed)

    @property
    def pid(self) -> int | None:
        """None where it did not start."""
        return self._life.pid

    def ask(self, wanted: type[R], timeout_s: float, **arguments: Any) -> R:
        """The reply of this type.

        Raises WorkerError; WorkerDied on death, silence or nonsense.
        """
        self.post(wanted, **arguments)
        return self.reply(wanted, timeout_s)

    def post(self, wanted: type[Reply], **arguments: Any) -> None:
        """Send a request, whose reply is to be fetched before the next. Raises WorkerDied."""
        self._asked += 1
        request = {"number": self._asked, "do": wanted.verb, **arguments}
        try:
            self._commands.write(json.dumps(request).encode() + b"\n")
        except (OSError, ValueError):  # nobody reads any more, or it was killed before
            raise self._died() from None

    def reply(self, wanted: type[R], timeout_s: float) -> R:
        """To the request posted. Raises as `ask` does."""
        patience = Patience(timeout_s)
        try:
            line = self._read_line(patience, timeout_s)
        finally:
            self.stood_still_s += patience.stood_still_s
        try:
            if self._pending:
                raise OutOfStep("it said more than it was asked")
            return read(line, self._asked, wanted)
        except OutOfStep as error:
            self.kill()
            raise WorkerDied(f"{scrub(str(error))}: killed") from None

    @property
    def output_tail(self) -> str:
        """What the worker printed, its middle cut out where it was long."""
        return self._output.text()

    def kill(self) -> None:
        """End the worker and all that it began now, and free its pipes. Never raises."""
        self._life.end()
        self._output.finish()
        for ours in (self._commands, self._replies):
            ours.close()

    def _read_line(self, patience: Patience, timeout_s: float) -> bytes:
        while (end := self._pending.find(b"\n", self._searched)) < 0:
            self._searched = len(self._pending)
            self._await(patience, timeout_s)
            # Of a dead worker all it said can be read at once; what follows is not its own.
            last = self._life.death is not None
            received = os.read(self._replies.fileno(), 2**20)
            self._pending += received
            if not received or (last and b"\n" not in received):
                raise self._died()
            if len(self._pending) > MAX_BYTES:
                self.kill()
                raise WorkerDied(f"its reply exceeded {MAX_BYTES} bytes: killed")
        line, self._pending = bytes(self._pending[:end]), self._pending[end + 1 :]
        self._searched = 0
        self._watch_memory()  # of a quick one too, which is never waited for
        return line

    def _await(self, patience: Patience, timeout_s: float) -> None:
        """Return when there is something to read. Raises WorkerDied past the time or the memory,
        and at the worker's death, which a child of its that holds the pipe would hide."""
        while True:
            wait_s = patience.step_s
            if self._memory_bytes is not None:
                wait_s = min(wait_s, MEMORY_POLL_S)
            self._life.hear()
            dead = self._life.death is not None
            ready = self._ready(0.0 if dead else wait_s)
            patience.count()
            if ready:
                return
            if dead:
                raise self._died()
            if patience.over:
                self.kill()
                raise WorkerDied(f"no answer within {timeout_s:.0f} s (--timeout): killed")
            self._watch_memory()

    def _ready(self, wait_s: float) -> bool:
        """Whether there is something to read, within that time or until news of its life."""
        either = select.poll()
        for source in (self._replies, self._life.news):
            if not source.closed:
                either.register(source, select.POLLIN)
        ready = either.poll(1000 * wait_s)
        return self._replies.fileno() in dict(ready)

    def _watch_memory(self) -> None:
        """Raises WorkerDied where the worker and all that it began hold more than they may."""
        if self._memory_bytes is None:
            return
        held = self._life.held_bytes(self._memory_bytes)
        if held > self._memory_bytes:
            self.kill()
            used, limit = held / 2**30, self._memory_bytes / 2**30
            raise WorkerDied(
                f"it took {used:.2f} GiB of memory, {limit:.2f} allowed (--memory): killed"
            )

    def _died(self) -> WorkerDied:
        death = self._life.wait(FAREWELL_S)
        self.kill()
        if death is None:
            return WorkerDied("the worker closed its pipes and lived on: killed")
        return WorkerDied(death.reason, signal_name=death.signal_name, exit_code=death.exit_code)


class _Output:
    """Reads a worker's output to its end, keeping its first and last bytes."""

    def __init__(self, stream: FileIO) -> None:
        self._stream = stream
        self._first = b""
        self._last = b""
        self._dropped = 0
        self._thread = threading.Thread(target=self._drain, daemon=True)
        self._thread.start()

    def _drain(self) -> None:
        while received := os.read(self._stream.fileno(), 65536):
            room = TAIL_BYTES - len(self._first)
            self._first += received[:room]
            rest = received[room:]
            last = self._last + rest
            self._dropped += max(0, len(last) - TAIL_BYTES)
            self._last = last[-TAIL_BYTES:]

    def finish(self) -> None:
        self._thread.join(timeout=2)
        if not self._thread.is_alive():
            self._stream.close()

    def text(self) -> str:
        cut = f"\n[... {self._dropped} bytes left out ...]\n" if self._dropped else ""
        return scrub(
            (self._first.decode(errors="replace") + cut) + self._last.decode(errors="replace")
        )

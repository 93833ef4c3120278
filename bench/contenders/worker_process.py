"""The host's end of a worker: start it, ask it, bound its time and its output, notice its death."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import subprocess
import threading
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import psutil

from bench.environments.interpreters import START
from bench.machine.privacy import scrub

TAIL_BYTES = 8192
"""Of a worker's output, how much of its beginning and how much of its end are kept."""

MAX_REPLY_BYTES = 64 * 2**20

MEMORY_POLL_S = 0.1
"""How often a worker's memory is looked at where it is limited. Watching from here works on every
system; a limit inside the process would count address space, of which frameworks reserve much."""


class WorkerDied(Exception):
    """The worker can no longer be used; a new one must be started."""

    def __init__(
        self, reason: str, *, signal_name: str | None = None, exit_code: int | None = None
    ) -> None:
        super().__init__(reason)
        self.reason, self.signal_name, self.exit_code = reason, signal_name, exit_code


class WorkerError(Exception):
    """The worker answered with an exception; it lives on."""

    def __init__(self, reason: str, unsupported: str | None, traceback: str) -> None:
        super().__init__(reason)
        self.reason, self.unsupported, self.traceback = reason, unsupported, traceback


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
        commands_read, self._commands = os.pipe()
        self._replies, replies_write = os.pipe()
        life_read, self._life = os.pipe()
        inherited = commands_read, replies_write, life_read
        command = [str(python), *start, module]
        command += [*map(str, inherited), str(threads or 0)]
        try:
            self._process = subprocess.Popen(
                command,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT,
                pass_fds=inherited,
                env=dict(environment),
                # Of its own session: Ctrl-C reaches the host alone, a kill reaches its children.
                start_new_session=True,
            )
        except OSError as error:
            for descriptor in (self._commands, self._replies, self._life):
                os.close(descriptor)
            raise WorkerDied(f"the worker does not start: {scrub(str(error))}") from None
        finally:
            for descriptor in inherited:
                os.close(descriptor)
        self._pending, self._searched = bytearray(), 0
        self._memory_bytes = memory_bytes
        self._output = _Output(self._process.stdout)
        self.pid = self._process.pid

    def ask(self, request: Mapping[str, Any], timeout_s: float) -> dict[str, Any]:
        """The reply to one request.

        Raises WorkerError; WorkerDied on death, silence or nonsense.
        """
        self.post(request)
        return self.reply(timeout_s)

    def post(self, request: Mapping[str, Any]) -> None:
        """Send a request, whose reply is to be fetched before the next. Raises WorkerDied."""
        try:
            os.write(self._commands, json.dumps(request).encode() + b"\n")
        except OSError:  # nobody reads any more, or it was killed before
            raise self._died() from None

    def reply(self, timeout_s: float) -> dict[str, Any]:
        """To the request posted. Raises as `ask` does."""
        line = self._read_line(time.monotonic() + timeout_s, timeout_s)
        try:
            reply = json.loads(line)
        except ValueError:
            self.kill()
            raise WorkerDied("the worker's reply was no JSON") from None
        if "error" in reply:
            raise WorkerError(reply["error"], reply["unsupported"], reply["traceback"])
        answer: dict[str, Any] = reply
        return answer

    @property
    def output_tail(self) -> str:
        """What the worker printed, its middle cut out where it was long."""
        return self._output.text()

    def kill(self) -> None:
        """End the worker and its children now, and free its pipes; once."""
        if self._commands < 0:
            return
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
        self._process.wait()
        self._output.finish()
        for descriptor in (self._commands, self._replies, self._life):
            with contextlib.suppress(OSError):
                os.close(descriptor)
        # Their numbers may soon be another worker's.
        self._commands = self._replies = self._life = -1

    def _read_line(self, deadline: float, timeout_s: float) -> bytes:
        while (end := self._pending.find(b"\n", self._searched)) < 0:
            self._searched = len(self._pending)
            self._await(deadline, timeout_s)
            received = os.read(self._replies, 2**20)
            if not received:
                raise self._died()
            self._pending += received
            if len(self._pending) > MAX_REPLY_BYTES:
                self.kill()
                raise WorkerDied(f"the worker's reply exceeded {MAX_REPLY_BYTES} bytes")
        line, self._pending = bytes(self._pending[:end]), self._pending[end + 1 :]
        self._searched = 0
        self._watch_memory()  # of a quick one too, which is never waited for
        return line

    def _await(self, deadline: float, timeout_s: float) -> None:
        """Return when there is something to read. Raises WorkerDied past the time or the memory."""
        while True:
            left_s = max(0.0, deadline - time.monotonic())
            wait_s = left_s if self._memory_bytes is None else min(left_s, MEMORY_POLL_S)
            if select.select([self._replies], [], [], wait_s)[0]:
                return
            if left_s == 0:
                self.kill()
                raise WorkerDied(f"no answer within {timeout_s:.0f} s (--timeout): killed")
            self._watch_memory()

    def _watch_memory(self) -> None:
        """Raises WorkerDied where the worker and its children hold more than they may."""
        if self._memory_bytes is None:
            return
        try:
            worker = psutil.Process(self.pid)
            every = (worker, *worker.children(recursive=True))
            held = sum(process.memory_info().rss for process in every)
        except psutil.Error:  # one of them has died: the next look or read tells more
            return
        if held > self._memory_bytes:
            self.kill()
            used, limit = held / 2**30, self._memory_bytes / 2**30
            raise WorkerDied(
                f"it took {used:.2f} GiB of memory, {limit:.2f} allowed (--memory): killed"
            )

    def _died(self) -> WorkerDied:
        with contextlib.suppress(subprocess.TimeoutExpired):
            self._process.wait(timeout=5)
        code = self._process.poll()
        self.kill()
        if code is not None and code < 0:
            known = -code in {number.value for number in signal.Signals}
            name = signal.Signals(-code).name if known else f"signal {-code}"
            return WorkerDied(f"the worker was ended by {name}", signal_name=name)
        return WorkerDied(f"the worker exited with code {code}", exit_code=code)


class _Output:
    """Reads a worker's output to its end, keeping its first and last bytes."""

    def __init__(self, stream: Any) -> None:
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

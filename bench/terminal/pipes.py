"""Writing to a pipe whose reader may leave, as `head` does: no error, no half of a traceback."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable


class _Pipe(io.FileIO):
    """A descriptor that swallows what nobody reads any more."""

    def __init__(self, number: int, gone: Callable[[], None]) -> None:
        super().__init__(number, "w", closefd=False)
        self._gone = gone

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            self._gone()
            return memoryview(data).nbytes  # type: ignore[arg-type]


def forgive() -> None:
    """From here on a reader of standard output may leave: what goes on, goes on unread.

    One who no longer hears what a run says of itself has hung up, as a closed terminal does.
    """
    sys.stdout = _text(_Pipe(1, lambda: None), sys.stdout)
    sys.stderr = _text(_Pipe(2, lambda: os.kill(os.getpid(), signal.SIGHUP)), sys.stderr)


def _text(pipe: _Pipe, before: io.TextIOWrapper | object) -> io.TextIOWrapper:
    encoding = getattr(before, "encoding", None) or "utf-8"
    # What a terminal cannot show is no reason to end a run either.
    return io.TextIOWrapper(
        io.BufferedWriter(pipe), encoding=encoding, errors="replace", line_buffering=True
    )

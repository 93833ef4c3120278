"""Writing to what may take no more: a pipe whose reader has left, as `head` does, a full disk, or a
descriptor that was closed from the beginning. None of them ends what goes on."""

from __future__ import annotations

import io
import os
import signal
import sys
from collections.abc import Callable


class _Pipe(io.FileIO):
    """A descriptor that swallows what nobody reads any more, and what no disk takes."""

    def __init__(self, number: int, gone: Callable[[], None]) -> None:
        super().__init__(number, "w", closefd=False)
        self._gone = gone
        self.lost: OSError | None = None
        """The first error that lost something."""

    def write(self, data: object) -> int:
        try:
            return super().write(data)  # type: ignore[arg-type]
        except BrokenPipeError:
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.fileno())
            os.close(nowhere)
            self._gone()
        except OSError as error:
            self.lost = self.lost or error
        return memoryview(data).nbytes  # type: ignore[arg-type]


class _Buffer(io.BufferedWriter):
    def close(self) -> None:
        self.flush()


class _Text(io.TextIOWrapper):
    """Text that nobody closes but the system: suite and adapter files run in this process, and
    whoever prints after one that closed it would fail."""

    def close(self) -> None:
        self.flush()


_standard_output: list[tuple[_Text, _Pipe]] = []


def forgive() -> None:
    """From here on a reader of standard output may leave: what goes on, goes on unread.

    One who no longer hears what a run says of itself has hung up, as a closed terminal does.
    """
    for number in range(3):  # else the next files opened would have these numbers
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)
    pipe = _Pipe(1, lambda: None)
    sys.stdout = _text(pipe, sys.stdout)
    _standard_output.append((sys.stdout, pipe))
    sys.stderr = _text(_Pipe(2, lambda: os.kill(os.getpid(), signal.SIGHUP)), sys.stderr)


def lost() -> str | None:
    """Why something written to standard output was lost, other than by a reader who left."""
    for text, _ in _standard_output:
        text.flush()
    errors = [pipe.lost for _, pipe in _standard_output if pipe.lost]
    return errors[0].strerror if errors else None


def _text(pipe: _Pipe, before: io.TextIOWrapper | object) -> _Text:
    encoding = getattr(before, "encoding", None) or "utf-8"
    # What a terminal cannot show is no reason to end a run either.
    return _Text(_Buffer(pipe), encoding=encoding, errors="replace", line_buffering=True)

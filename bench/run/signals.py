"""Ctrl-C, SIGTERM and a closed terminal end a run after the current slice; all is kept."""

from __future__ import annotations

import contextlib
import os
import signal
from collections.abc import Callable, Iterator
from types import FrameType, TracebackType
from typing import Any

ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

HEARD = "Ctrl-C: finishing this slice, then the report. Press again to stop at once."


class Interrupts:
    """Raises KeyboardInterrupt when one of these signals comes, outside `deferred` at once.

    Within it the first one waits until the block is done; a second Ctrl-C does not. A terminal
    that closes sends its signal more than once, and who ends a process may ask again: these are
    heard once, and not even then kill the process while it writes its report.
    """

    def __init__(self, say: Callable[[str], None] | None = None) -> None:
        self._say = say
        """Hears at once that a Ctrl-C was heard: the seam may be seconds away."""
        self.signal: int | None = None
        """The signal that came, if one did."""
        self._deferring = False
        self._before: dict[int, Any] = {}
        # One that hung up no longer says that it was a terminal.
        self._terminals = [number for number in (1, 2) if os.isatty(number)]

    def __enter__(self) -> Interrupts:
        for number in ENDING:
            # nohup and background jobs ignore some of them: so does the run then.
            if signal.getsignal(number) is not signal.SIG_IGN:
                self._before[number] = signal.signal(number, self._note)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        for number, handler in self._before.items():
            repeated = self.signal is not None and number != signal.SIGINT
            signal.signal(number, signal.SIG_IGN if repeated else handler)

    @contextlib.contextmanager
    def deferred(self) -> Iterator[None]:
        """A slice: half of one is no measurement."""
        self._deferring = True
        try:
            yield
        finally:
            self._deferring = False
        if self.signal is not None:
            raise KeyboardInterrupt

    def _note(self, number: int, frame: FrameType | None) -> None:
        again, self.signal = self.signal is not None, self.signal or number
        if number == signal.SIGHUP:
            self._leave_terminals()
        if self._say and not again and number == signal.SIGINT:
            # Not while the main thread itself is in the middle of a line.
            with contextlib.suppress(RuntimeError, OSError):
                self._say(HEARD)
        if again and number != signal.SIGINT:
            return
        if again or not self._deferring:
            raise KeyboardInterrupt

    def _leave_terminals(self) -> None:
        """Writing to a terminal that is gone is an error, and there is a report to finish."""
        nowhere = os.open(os.devnull, os.O_WRONLY)
        for number in self._terminals:
            os.dup2(nowhere, number)
        os.close(nowhere)

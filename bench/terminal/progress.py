"""Progress: a line for each case that ends, what is running, and one honest time left."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from bench.terminal import figures
from bench.terminal.case_line import Lines
from bench.terminal.case_outcome import CaseOutcome

QUIET_S = 50.0
"""A log hears at least this often that the run goes on."""

_BAR_COLUMNS = 24
_REFRESHES = 1
"""A second: drawing takes CPU time from what is measured."""

Header = Callable[[], Iterable[str]]
"""Lines that stand above everything, worked out when the first line comes."""


class Progress(Protocol):
    """Told what happens; decides what a person sees."""

    def say(self, line: str) -> None:
        """A line worth keeping, such as an environment being built."""

    def begin(self, cases: int, left_s: float, preset: str, budgeted: bool) -> None:
        """Once, before the first case: what will run, and the predicted seconds of all of it."""

    def now(self, what: str) -> None:
        """What is running this moment."""

    def left(self, seconds: float) -> None:
        """The newest prediction of what is left of the whole run."""

    def ended(self, ended: CaseOutcome) -> None:
        """A case is done."""


class Clock:
    """The time left of a run: the newest prediction, less what has passed since."""

    def __init__(self, read: Callable[[], float] = time.monotonic) -> None:
        self._read = read
        self._begun_s = self._told_s = read()
        self._predicted_s: float | None = None

    def begin(self, seconds: float) -> None:
        """The run begins now."""
        self._begun_s = self._read()
        self.predict(seconds)

    def predict(self, seconds: float) -> None:
        self._told_s, self._predicted_s = self._read(), seconds

    @property
    def left_s(self) -> float | None:
        """Never below 0; None before the first prediction."""
        if self._predicted_s is None:
            return None
        return max(0.0, self._predicted_s - (self._read() - self._told_s))

    @property
    def share(self) -> float:
        """Of the run's predicted time that has passed."""
        passed, left = self._read() - self._begun_s, self.left_s
        return 0.0 if left is None or passed + left <= 0 else passed / (passed + left)

    def words(self) -> str:
        """`52 %  19 min left`; nothing before there is a prediction."""
        left = self.left_s
        if left is None:
            return ""
        return f"{100 * self.share:3.0f} %  {figures.wait(left) if left >= 1 else 'a moment'} left"


class _Shown:
    """What bar and log have in common: the lines that stay."""

    def __init__(self, console: Console, header: Header | None, clock: Clock | None) -> None:
        self._console, self._header = console, header
        self._clock, self._lines = clock or Clock(), Lines()
        self._running = ""

    def say(self, line: str) -> None:
        self._head()
        self._keep(line)

    def begin(self, cases: int, left_s: float, preset: str, budgeted: bool) -> None:
        self._clock.begin(left_s)
        self.say(opening(cases, left_s, preset, budgeted))

    def now(self, what: str) -> None:
        self._head()
        self._running = " ".join(what.split())

    def left(self, seconds: float) -> None:
        self._clock.predict(seconds)

    def ended(self, ended: CaseOutcome) -> None:
        line = self._lines.line(ended, self._console.width)
        if line is not None:
            self.say(line)

    def _head(self) -> None:
        header, self._header = self._header, None
        for line in header() if header else ():
            self._keep(line)

    def _keep(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)


class Plain(_Shown):
    """The same lines for logs and pipes, and one a minute that says what is running."""

    def __init__(
        self, console: Console, header: Header | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(console, header, clock)
        self._turn = threading.RLock()
        self._done = threading.Event()
        self._heart = threading.Thread(target=self._beat, daemon=True)
        self._spoke = False

    def __enter__(self) -> Plain:
        self._heart.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        self._heart.join()

    def beat(self) -> None:
        """Say what is running, where nothing was said since the last beat."""
        with self._turn:
            if not self._spoke and self._running:
                self._keep("  ".join(filter(None, (self._clock.words(), self._running))))
            else:
                self._spoke = False

    def _beat(self) -> None:
        # From line to line at most two beats pass.
        while not self._done.wait(QUIET_S / 2):
            self.beat()

    def _keep(self, line: str) -> None:
        with self._turn:
            super()._keep(line)
            self._spoke = True


class Bar(_Shown):
    """The same lines above one calm line: bar, share, time left, what is running."""

    def __init__(
        self, console: Console, header: Header | None = None, clock: Clock | None = None
    ) -> None:
        super().__init__(console, header, clock)
        self._live = Live(
            get_renderable=self._drawn,
            console=console,
            transient=True,
            refresh_per_second=_REFRESHES,
        )

    def __enter__(self) -> Bar:
        self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._live.stop()

    def _drawn(self) -> Table | Text:
        if not self._running:
            return Text("")
        width = min(_BAR_COLUMNS, self._console.width // 4)
        told = Text(f"{self._clock.words()}   {self._running}")
        told.truncate(max(self._console.width - width - 1, 1), overflow="ellipsis")
        line = Table.grid(padding=(0, 1))
        line.add_column(width=width)
        line.add_column(no_wrap=True)
        line.add_row(ProgressBar(total=1.0, completed=self._clock.share, width=width), told)
        return line


def opening(cases: int, left_s: float, preset: str, budgeted: bool) -> str:
    """`quick: 41 cases, about 5 min. Ctrl-C keeps all.`"""
    counted = f"{cases} case" if cases == 1 else f"{cases} cases"
    hint = "" if budgeted else " (TIME=5m: what fits in that)"
    return f"{preset}: {counted}, about {figures.wait(left_s)}{hint}. Ctrl-C keeps all."


def for_console(console: Console, header: Header | None = None) -> Bar | Plain:
    """A bar on a terminal, plain lines elsewhere."""
    return Bar(console, header) if console.is_terminal else Plain(console, header)

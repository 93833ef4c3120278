"""Progress: what is running and the time left; nothing where there is no terminal."""

from __future__ import annotations

from types import TracebackType
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, TaskProgressColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as RichProgress


class Progress(Protocol):
    """Told what happens; decides what a person sees."""

    def say(self, line: str) -> None:
        """A line worth keeping, such as an environment being built."""

    def expect(self, cells: int) -> None:
        """How many cells the run will hold at most."""

    def now(self, what: str) -> None:
        """What is running."""

    def advance(self, share: float) -> None:
        """So much more of a cell is done."""

    def reach(self, cells: int) -> None:
        """So many cells are done or will not be measured."""


class Plain:
    """Only lines worth keeping, for logs and pipes."""

    def __init__(self, console: Console) -> None:
        self._console = console

    def __enter__(self) -> Plain:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def say(self, line: str) -> None:
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)

    def expect(self, cells: int) -> None:
        """A log has no bar."""

    def now(self, what: str) -> None:
        """A log is not told every turn."""

    def advance(self, share: float) -> None:
        """A log has no bar."""

    def reach(self, cells: int) -> None:
        """A log has no bar."""


class Bar:
    """One calm line: bar, share, time left, what is running."""

    def __init__(self, console: Console) -> None:
        self._progress = RichProgress(
            BarColumn(bar_width=24),
            TaskProgressColumn(),
            TimeRemainingColumn(),
            TextColumn("{task.description}", markup=False),
            console=console,
            transient=True,
            refresh_per_second=2,  # drawing takes CPU time from what is measured
        )
        self._task = self._progress.add_task("starting", total=None)

    def __enter__(self) -> Bar:
        self._progress.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._progress.stop()

    def say(self, line: str) -> None:
        self._progress.console.print(line, markup=False, highlight=False, soft_wrap=True)

    def expect(self, cells: int) -> None:
        self._progress.reset(self._task, total=cells)

    def now(self, what: str) -> None:
        self._progress.update(self._task, description=what)

    def advance(self, share: float) -> None:
        self._progress.advance(self._task, share)

    def reach(self, cells: int) -> None:
        self._progress.update(self._task, completed=cells)


def for_console(console: Console) -> Bar | Plain:
    """A bar on a terminal, plain lines elsewhere."""
    return Bar(console) if console.is_terminal else Plain(console)

"""All machines of a fleet on one calm screen: a line each; elsewhere a line when one moves on."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from types import TracebackType

from rich.console import Console
from rich.live import Live
from rich.table import Table
from rich.text import Text

from bench.fleet.lane import Lane
from bench.terminal.progress import QUIET_S

_REFRESHES = 1
"""A second."""

_NOTE = 60
"""Characters of what a machine said last."""


class Screen:
    """Told what happens; draws what `lanes` are when it is asked to."""

    def __init__(self, console: Console, read: Callable[[], float] = time.monotonic) -> None:
        self._console, self._read = console, read
        self.lanes: Sequence[Lane] = ()
        self._shown: dict[str, tuple[str, str]] = {}
        self._spoke_s = read()
        self._live = (
            Live(
                get_renderable=self._drawn,
                console=console,
                transient=True,
                refresh_per_second=_REFRESHES,
            )
            if console.is_terminal
            else None
        )

    def __enter__(self) -> Screen:
        if self._live:
            self._live.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._live:
            self._live.stop()

    def say(self, line: str) -> None:
        """A line worth keeping."""
        self._console.print(line, markup=False, highlight=False, soft_wrap=True)
        self._spoke_s = self._read()

    def look(self) -> None:
        """Where there is no terminal: a line for each machine whose state or suite is new, and for
        every one after a minute without any."""
        if self._live:
            return
        quiet = self._read() - self._spoke_s > QUIET_S
        for lane in self.lanes:
            now = lane.state, lane.suite
            if self._shown.get(lane.name) != now or (quiet and not lane.over):
                self._shown[lane.name] = now
                self.say("  ".join(filter(None, _cells(lane))))

    def _drawn(self) -> Table:
        table = Table.grid(padding=(0, 2))
        for _ in range(3):
            table.add_column(no_wrap=True)
        table.add_column(no_wrap=True, overflow="ellipsis", style="dim")
        for lane in self.lanes:
            table.add_row(*map(Text, _cells(lane)))
        return table


def _cells(lane: Lane) -> tuple[str, str, str, str]:
    where = "" if lane.over and not lane.left else lane.where
    return lane.name, lane.state, where, " ".join(lane.note.split())[-_NOTE:]

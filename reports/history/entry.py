"""A figure of the history: what one contender took for one case in one run."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple


class Entry(NamedTuple):
    """A verified cell, with what tells whether another run's may stand in one line with it."""

    run: str
    started_at: datetime
    machine: str
    """Its label."""
    suite: str
    case: str
    definition: str
    """`definition_sha256`: figures of other work are of another line."""
    contender: str
    framework: str
    version: str | None
    device_name: str
    execution: str
    threads: int | None
    time_s: float
    low_s: float | None
    high_s: float | None

    @property
    def line(self) -> tuple[object, ...]:
        """What all figures of one line have in common."""
        return (
            *(self.case, self.definition, self.contender, self.device_name),
            *(self.execution, self.threads),
        )

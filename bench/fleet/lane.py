"""What the head knows of one machine: which suites are done, where it is, what went wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.fleet.copies import Copy

WAITING, PREPARING, MEASURING = "waiting", "preparing", "measuring"
FINISHED, LOST, STOPPED = "finished", "lost", "stopped"
OVER = (FINISHED, LOST, STOPPED)


@dataclass
class Lane:
    """One machine's part of a fleet."""

    name: str
    copies: Mapping[str, Copy]
    """By suite, in the order in which they are measured."""
    state: str = WAITING
    left: list[str] = field(default_factory=list)
    """Suites that are not at their end, in order."""
    note: str = ""
    """What it said last."""
    troubles: list[str] = field(default_factory=list)
    """A sentence for each suite that came to nothing."""
    asked_again: set[str] = field(default_factory=set)
    """Suites whose records were asked for a second time, whole."""

    @property
    def over(self) -> bool:
        return self.state in OVER

    @property
    def suite(self) -> str:
        """The one at work, or the next."""
        return self.left[0] if self.left else ""

    @property
    def where(self) -> str:
        """`mlp (2 of 3)  case 4 of 12: mlp/train/64`; what is known of it."""
        if not self.left:
            return f"{len(self.copies)} of {len(self.copies)} suites"
        number = len(self.copies) - len(self.left) + 1
        told = f"{self.suite} ({number} of {len(self.copies)})"
        begun, cases, case = self.copies[self.suite].at
        return f"{told}  case {begun} of {cases}: {case}" if begun else told

    def lose(self, reason: str) -> str:
        """It takes no more part; the sentence that says so, with what it costs."""
        self.state, self.note = LOST, ""
        in_records = (
            "the machine was lost to its fleet before this was finished: `make fleet ... "
            "RESUME=yes` goes on with it"
        )
        told, cells = f"{self.name} was lost: {reason}.", 0
        for suite in self.left:
            try:
                cells += self.copies[suite].lose(in_records)
            except OSError as error:
                told += f" That {suite} is not finished cannot be written down: {error}."
        if cells:
            told += f" {cells} cells are failed until it goes on."
        if unbegun := [suite for suite in self.left if self.copies[suite].run is None]:
            told += f" Nothing was measured of {', '.join(unbegun)}."
        return told

"""When sampling of a cell stops. A rule is a small object, apart from the measuring itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

MIN_ROUNDS = 3
"""Rounds below which no spread can be told, whatever the budget."""


class Rule(Protocol):
    """Decides after each round whether a cell is finished."""

    def reason_to_stop(self, rounds: int, spent_s: float) -> str | None:
        """Why the cell is finished after `rounds` rounds and `spent_s` seconds; None to go on."""


@dataclass(frozen=True)
class FixedRounds:
    """A fixed number of rounds, ended earlier by a budget of the cell's own time."""

    rounds: int
    budget_s: float

    def reason_to_stop(self, rounds: int, spent_s: float) -> str | None:
        if rounds >= self.rounds:
            return f"all {self.rounds} rounds done"
        if rounds >= MIN_ROUNDS and spent_s >= self.budget_s:
            return f"budget of {self.budget_s:g} s spent after {rounds} of {self.rounds} rounds"
        return None

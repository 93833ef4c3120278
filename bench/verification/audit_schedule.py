"""Which slices of a start hold an audit: enough to find who is honest only when looked at, and no
more than a cell can pay for."""

from __future__ import annotations

from dataclasses import dataclass

AUDITED = 3
CHANCE = 1 / 5
"""First slices of a start that are all audited, and the part of the later ones."""

CONFIRMED = 2
"""Audits that suffice where one takes longer than two slices: one confirms the other's time."""

EXTRA_S = 1.0
"""An audit may take so much longer than two slices; the first of a start may always."""


@dataclass(frozen=True)
class Costs:
    """What an audit takes, and what it is measured by."""

    slice_s: float
    """A slice of the preset."""
    claimed_s: float
    """Its steps at the pace that the contender claims."""
    last_s: float
    """The last one, with all that is done beside it: on a busy machine far longer."""

    @property
    def audit_s(self) -> float:
        return max(self.claimed_s, self.last_s)

    @property
    def affordable(self) -> bool:
        """Whether another is."""
        return self.audit_s <= 2 * self.slice_s + EXTRA_S


def due(turn: int, costs: Costs, chance: float) -> bool:
    """Whether the slice of this turn of the start, from 0, holds one; `chance` is even in 0..1."""
    if turn == 0 or not costs.affordable:
        return turn == 0
    if costs.audit_s > 2 * costs.slice_s:
        return turn < CONFIRMED
    return turn < AUDITED or chance < CHANCE

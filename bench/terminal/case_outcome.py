"""A case that has ended: who was first, and how the others stood, for the line that tells it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Word = Literal[
    "first", "slower", "same", "unresolved", "wrong", "untimed", "failed", "withdrawn", "skipped"
]


@dataclass(frozen=True)
class Standing:
    """How a contender stood at a case."""

    label: str
    step_s: float | None
    """Median seconds of a step; None where nothing was timed."""
    ratio: float | None
    """To the first's time; None for the first itself and where there is no time."""
    word: Word


@dataclass(frozen=True)
class CaseOutcome:
    """A case in one precision, the fastest first, those without a time last."""

    case: str
    precision: str
    standings: tuple[Standing, ...]

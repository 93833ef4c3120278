"""What an attack is told and what it counts: the five things that must not happen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What one attack is told: where it may write, how much to do, and from which seed."""

    folder: Path
    """An empty folder of this attack's own; deleted afterwards."""
    inputs: int | None = None
    """How many inputs to draw; the attack's own number when nobody says."""
    seed: int = 0
    pause_s: float = 20.0
    """How long an attack stops what it stops."""
    frameworks: str = "null,numpy"
    """Those that attacks of running workers measure."""

    def count(self, default: int) -> int:
        """How many inputs to draw, if an attack draws `default` by itself."""
        return default if self.inputs is None else self.inputs


@dataclass(slots=True)
class Counts:
    """What came of an attack. Every number but `inputs` should be 0."""

    inputs: int = 0
    """Files, command lines, runs or kills that were tried."""
    tracebacks: int = 0
    """Commands that ended in a traceback, in a signal, or without a word of why."""
    lost: int = 0
    """Records or reports that existed, or should exist, and cannot be read afterwards."""
    orphans: int = 0
    """Processes still alive after the command that started them had ended."""
    escapes: int = 0
    """Foreign text that ran or stood unescaped, and files outside the folder asked for."""
    accused: int = 0
    """Honest contenders that were called wrong, and figures that an attack changed unnoticed."""
    notes: list[str] = field(default_factory=list)
    """A line for each thing that went wrong, or that could not be tried here and why."""

    def add(self, other: Counts) -> None:
        """Count what another part of the same attack found as well."""
        for name in NUMBERS:
            setattr(self, name, getattr(self, name) + getattr(other, name))
        self.notes += other.notes

    def bad(self) -> bool:
        """Whether anything happened that must not."""
        return any(getattr(self, name) for name in NUMBERS[1:])


NUMBERS = ("inputs", "tracebacks", "lost", "orphans", "escapes", "accused")
"""The columns of the table, in order."""

Attack = Callable[[Asked], Counts]
"""The first line of its docstring says what it does."""

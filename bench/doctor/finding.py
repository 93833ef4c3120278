"""What the doctor says: one finding, with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Severity = Literal["spoils", "limits", "note"]

SEVERITIES: tuple[Severity, ...] = ("spoils", "limits", "note")
"""A run would say what is not so; a run can do less here; something to know."""

_MOST_SHOWN = 60


@dataclass(frozen=True)
class Finding:
    """One thing to know before a run; its texts may quote a description, which is untrusted."""

    severity: Severity
    what: str
    why: str
    do: str
    """The command that helps, or what to do."""
    source: str = ""
    """Where the fact comes from: an issue of the upstream tracker, or a package."""


def quoted(text: str) -> str:
    """The beginning of a text that may be of any length."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."

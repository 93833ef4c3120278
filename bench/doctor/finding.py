"""What the doctor says: one finding, with what to do about it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

Severity = Literal["spoils", "limits", "note"]

SEVERITIES: tuple[Severity, ...] = ("spoils", "limits", "note")
"""A run would say what is not so; a run can do less here; something to know."""

_MOST_SHOWN = 60
_MOST_KINDS = 8


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


def counted(names: Iterable[str]) -> str:
    """`4 x AMD Radeon PRO W6800X Duo, AMD Radeon PRO W6800`: each name once, the first few."""
    kinds = Counter(map(quoted, names))
    told = [name if number == 1 else f"{number} x {name}" for name, number in kinds.items()]
    return ", ".join(told[:_MOST_KINDS]) + (" and others" if len(told) > _MOST_KINDS else "")


def quoted(text: str) -> str:
    """The beginning of a text that may be of any length."""
    return text if len(text) <= _MOST_SHOWN else f"{text[:_MOST_SHOWN]}..."

"""What a row of known wrong answers says: one combination, and what is wrong in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from bench.doctor.reported.families import Family

Range = tuple[str | None, str | None]
"""From, and below; None leaves an end open."""

UNREPORTED_MACOS = "27"
"""From here on no report speaks of a release, betas apart: rows of macOS 26 end below it."""


@dataclass(frozen=True, kw_only=True)
class Known:
    """A combination reported to give wrong answers. None leaves a condition open."""

    package: str
    issue: str
    what: str
    why: str
    severity: Literal["spoils", "limits", "note"] = "note"
    versions: Range = (None, None)
    """Below the second it is mended, or nobody has seen it."""
    execution: str = ""
    """As in `compile`, where its framework computes wrongly in this way of running alone."""
    beside: tuple[str, Range] | None = None
    """Another package in the environment, and its versions."""
    macos: Range | None = None
    gpus: Family | Literal["AMD"] | None = None
    """A family, or every GPU of that vendor."""
    chips: tuple[str, ...] | None = None
    """Beginnings of the CPU's name, each of whole words."""
    do: str = ""
    """Where it is not what all of this severity have."""

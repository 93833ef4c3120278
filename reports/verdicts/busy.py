"""Whether other programs used so much of a machine that its times are doubtful."""

from __future__ import annotations

BUSY = 0.05
"""Share of a machine's cores that other programs may use before a whole run is doubtful."""
_CORES = 5
"""Of a machine that does not tell how many it has."""


def is_busy(used: float, cores: int | None) -> bool:
    """Whether other programs that used so many of these cores make times doubtful."""
    return used > BUSY * (cores or _CORES)

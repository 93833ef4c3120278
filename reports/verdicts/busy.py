"""Whether other programs used so much of a machine that its times are doubtful."""

from __future__ import annotations

BUSY = 0.05
"""Share of a machine's cores that other programs may use before a whole run is doubtful."""
HELD_UP = 0.5
"""The same before a few rounds tell nothing: threads that wait for one another then take turns with
other programs, and equal contenders were seen 100 times apart in three rounds of three."""
_CORES = 5
"""Of a machine that does not tell how many it has."""


def is_busy(used: float, cores: int | None) -> bool:
    """Whether other programs that used so many of these cores make times doubtful."""
    return used > BUSY * (cores or _CORES)


def is_held_up(used: float, cores: int | None) -> bool:
    """Whether they used so many that a few rounds, all of them alike, may be their doing."""
    return used > HELD_UP * (cores or _CORES)

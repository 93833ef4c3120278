"""Times that cannot be believed: cells that are `untimed` though every check of theirs passed.

Guards doubt and let a cell rank. Here is what is beyond doubt: more than physics lets the device
do, or two independent signs that the work was not done where it is said to have been.
"""

from __future__ import annotations

from collections.abc import Mapping

import pandas as pd

from bench.schema import Run
from reports.ingest.slices import KEY, Key
from reports.verdicts import above_limits, off_device
from reports.verdicts.off_device import Sign

IMPOSSIBLE = 1.25
"""Times the bound of a device's arithmetic from which it is no matter of clocks: a card would run
at 1.5 times the clock that its maker rates it with."""

UNCOUNTED = 10.0
"""The same where counting may be the matter: of convolutions, for which there are several ways, and
of bytes, which caches and compilers keep."""

MOST = 2
"""Long cells of which all must have run elsewhere, at least, before the short ones count as well:
one kind of work alone may have fallen back."""


def untimed(cells: pd.DataFrame, slices: pd.DataFrame, runs: Mapping[str, Run]) -> dict[Key, str]:
    """Those of the measured cells whose time cannot be believed, and why."""
    return _elsewhere(cells, slices) | impossible(cells, runs)


def impossible(cells: pd.DataFrame, runs: Mapping[str, Run]) -> dict[Key, str]:
    beyond = above_limits.beyond(cells, runs)
    counted = beyond["convolutions"].eq(False) & (beyond["excess_flop"] > IMPOSSIBLE)
    beyond = beyond[counted | (beyond["excess"] > UNCOUNTED)]
    found: dict[Key, str] = {}
    for _, mine in beyond.groupby(["run", "contender"], sort=False):
        found |= dict.fromkeys(_keys(mine), f"it {above_limits.words(mine)}")
    return found


def _elsewhere(cells: pd.DataFrame, slices: pd.DataFrame) -> dict[Key, str]:
    signs: dict[tuple[str, str], list[Sign]] = {}
    for sign in off_device.signs(cells, slices):
        signs.setdefault((sign.run, sign.contender), []).append(sign)
    long = off_device.long_cells(cells)
    found: dict[Key, str] = {}
    for owner, own_signs in signs.items():
        own = _keys(_of(cells, owner))
        guilty = [key for key in own if _convicted(_about(own_signs, key))]
        alone = _keys(_of(long, owner))
        if len(alone) >= MOST and set(alone) <= set(guilty):
            guilty = own
        behaviour = "; ".join(dict.fromkeys(f"it {sign.said}" for sign in own_signs))
        found |= dict.fromkeys(guilty, f"it ran on the CPU, by all that can be seen: {behaviour}")
    return found


def _convicted(signs: list[Sign]) -> bool:
    """Several kinds of signs, and one that is sure."""
    return len({sign.kind for sign in signs}) > 1 and any(sign.sure for sign in signs)


def _about(signs: list[Sign], key: Key) -> list[Sign]:
    return [sign for sign in signs if sign.everywhere or key[2] in sign.cases]


def _of(cells: pd.DataFrame, owner: tuple[str, str]) -> pd.DataFrame:
    run, contender = owner
    return cells[(cells["run"] == run) & (cells["contender"] == contender)]


def _keys(cells: pd.DataFrame) -> list[Key]:
    return list(cells[KEY].itertuples(index=False, name=None))

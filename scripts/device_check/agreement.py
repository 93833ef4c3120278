"""Asks a framework's Python for our figures beside the framework's own timers, and reads them."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import msgspec

from bench.contenders import worker_environment
from frameworks import FRAMEWORKS
from scripts.device_check import child
from scripts.device_check.places import Place
from scripts.device_check.timers import OF, OTHERWISE

MOST_BYTES = 2**16

CLOSE = (0.9, 1.1)
"""Ratios that no reader need look at, if one turn at least came to one: caches and other programs
do as much."""

Seconds = Annotated[float, msgspec.Meta(gt=0, le=1e6)]
Ratio = Annotated[float, msgspec.Meta(gt=0, le=1e9)]
Text = Annotated[str, msgspec.Meta(max_length=80)]


class Agreement(msgspec.Struct, frozen=True, kw_only=True):
    """Our seconds of one product and those of another timer."""

    framework: Text
    device: Text
    order: Annotated[int, msgspec.Meta(ge=1, le=2**20)]
    timer: Text
    ours_s: Seconds
    theirs_s: Seconds
    ratio: Ratio
    """Ours as a share of theirs, the median over the turns."""
    low: Ratio
    high: Ratio
    """Of the turns, the lowest and the highest."""
    turns: Annotated[int, msgspec.Meta(ge=1, le=10**6)]


def has_timer(place: Place) -> bool:
    return place.framework in OF


def taken(
    place: Place, device: str, folder: Path, limit_s: float, setup_s: float
) -> tuple[list[Agreement], int | None]:
    """What there was time for, and the exit code; the folder gets a file while it lasts."""
    path, of = folder / "agreement.jsonl", place.interpreter
    command = [str(of.python), "-m", "scripts.device_check.timers", place.framework, device]
    command += [f"{max(1.0, limit_s - setup_s):.1f}", str(path)]
    variables = worker_environment.variables(
        os.environ, FRAMEWORKS[place.framework].variables, None, of
    )
    try:
        code = child.run(command, folder / "log.txt", limit_s, variables)
        return read(path), code
    finally:
        path.unlink(missing_ok=True)


def read(path: Path) -> list[Agreement]:
    """The lines that are good: what wrote them was another program."""
    if not path.exists():
        return []
    with path.open("rb") as file:
        lines = file.read(MOST_BYTES).splitlines()
    found = []
    for line in lines:
        try:
            found.append(msgspec.json.decode(line, type=Agreement))
        except msgspec.DecodeError:
            continue
    return found


def apart(found: Sequence[Agreement]) -> list[Agreement]:
    """Those that a reader should look at: in every turn beyond what is close, on one side."""
    alike = [each for each in found if each.timer not in OTHERWISE]
    return [each for each in alike if each.high < CLOSE[0] or each.low > CLOSE[1]]

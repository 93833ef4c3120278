"""The command `store compact`: runs made into the tables that queries read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed

if TYPE_CHECKING:
    from bench.store.places import Place

SHOWN = 10
"""Runs that could not be taken in which are named."""


def run(url: str) -> int:
    """Take in what is new; 1 if a run could not be. Raises UserError, OSError."""
    environment.enter()
    from bench.store import places
    from reports.store.tables import compaction

    place = places.at(url)
    done = compaction.compact(place, told=_told)
    merged = f"; {done.merged} parts became few" if done.merged else ""
    tell(f"new in the tables of {place.url}: {counted(done.runs, 'run')}{merged}.")
    for sha256, reason in list(done.lost.items())[:SHOWN]:
        tell(f"left out: {sha256}: {reason}")
    if done.lost:
        return failed(
            f"{counted(len(done.lost), 'run')} in no table. `./metalbench store check {place.url}` "
            "says of each damage what mends it"
        )
    return 0


def _told(month: str, done: int, of: int) -> None:
    if of:
        tell(f"{month}: {done} of {counted(of, 'run')}")


def tell_waiting(place: Place) -> None:
    """A line where runs are in no table yet, so that no answer holds them. Raises StoreFault."""
    from reports.store import index

    if waiting := index.waiting(place):
        more = counted(waiting, "more run")
        tell(f"{more} in no table yet: ./metalbench store compact {place.url}")

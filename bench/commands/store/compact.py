"""The command `store compact`: runs made into the tables that queries read."""

from __future__ import annotations

from bench.fleet import environment
from bench.printable import tell
from bench.terminal.exit_codes import failed

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
    tell(f"{done.runs} runs are in the tables of {place.url} now that were not{merged}.")
    for sha256, reason in list(done.lost.items())[:SHOWN]:
        tell(f"left out: {sha256}: {reason}")
    if done.lost:
        return failed(
            f"{len(done.lost)} runs are in no table. `./metalbench store check {place.url}` says "
            "of each damage what mends it"
        )
    return 0


def _told(month: str, done: int, of: int) -> None:
    if of:
        tell(f"{month}: {done} of {of} runs")

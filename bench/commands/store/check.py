"""The command `store check`: every object of a store held against its hash, every row of its
tables against the records."""

from __future__ import annotations

from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed


def run(url: str) -> int:
    """Name what is damaged and what mends it; 1 if anything is. Raises UserError, OSError."""
    environment.enter()
    from bench.store import places
    from reports.store.tables import checking

    place = places.at(url)
    count = 0
    for damage in checking.check(place):
        tell(f"damaged: {damage.what} {damage.cure}")
        count += 1
    if count:
        return failed(f"damaged in {place.url}: {counted(count, 'object')}")
    tell(f"{place.url} is whole: every object has its hash, every row of the tables its records.")
    return 0

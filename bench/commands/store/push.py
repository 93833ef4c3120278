"""The command `store push`: finished runs put into a store."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed


def run(url: str, results: Sequence[Path], unfinished: bool) -> int:
    """Send each run that is named, or lies in a folder that is; 1 if one could not be sent.

    Raises UserError, OSError.
    """
    environment.enter()
    from bench.store import objects, places
    from bench.trust import sidecars
    from reports.ingest.record_files import files

    place = places.at(url)
    found = [path for path, _ in files(results)]
    new, wrong = 0, []
    for path in found:
        try:
            pushed = objects.push(place, path, unfinished=unfinished)
        except objects.NotForAStore as error:
            tell(f"left out: {error}")
            wrong.append(path)
            continue
        for suffix, content in sidecars.of(path).items():
            objects.put_sidecar(place, pushed.entry.sha256, suffix, content)
        new += pushed.new
        tell(
            f"{'sent' if pushed.new else 'there already'}: {pushed.entry.run} {pushed.entry.sha256}"
        )
    tell(
        f"new in {place.url}: {new} of {counted(len(found), 'run')}. "
        f"`./metalbench store compact {place.url}` makes them part of its tables."
    )
    if wrong:
        return failed(f"{len(wrong)} of {len(found)} could not be sent; the first is {wrong[0]}")
    return 0

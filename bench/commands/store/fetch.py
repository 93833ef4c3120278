"""The command `store fetch`: the records of one run, as it wrote them."""

from __future__ import annotations

import gzip
from pathlib import Path

from bench import values, whole_file
from bench.fleet import environment
from bench.printable import tell
from bench.trust import sidecars


def run(url: str, sha256: str, out: Path | None) -> int:
    """Write them to `<sha256>.jsonl` or to `out`, and what lies beside them to files beside it.

    Raises UserError, OSError.
    """
    environment.enter()
    from bench.store import beside, layout, objects, places

    if not layout.SHA256.fullmatch(sha256):
        raise values.BadValue(
            f"no hash of a run. Expected 64 digits, 0 to f. Received: {sha256[:80]!r}"
        )
    target = values.new_file(out or Path(f"{sha256}.jsonl"))
    place = places.at(url)
    objects.check(place)
    try:
        content = objects.fetch(place, sha256)
    except places.Absent:
        raise values.BadValue(
            f"{place.url} holds no run with this hash. Expected a sha256 that `make query "
            f'STORE={place.url} SQL="select sha256, run, chip from machines"` lists. '
            f"Received: {sha256}"
        ) from None
    whole_file.write(target, gzip.compress(content) if target.suffix == ".gz" else content)
    (got,) = beside.fetch(place, beside.found(place, [sha256]).values())
    sidecars.put(target, got)
    tell(f"{target} holds the run. make report RESULTS={target} reports on it.")
    return 0

"""What stands beside a run in a store: signatures and askers' words, each under its maker's key.

So whoever sends a run that is there already adds his own, and replaces nobody else's. When a run
came is told here too: by the store's own clock, which its sender does not set.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime

from bench.store import layout
from bench.store.faults import StoreFault
from bench.store.places import Absent, Place
from bench.trust.sidecars import MOST, MOST_BYTES

_NAME = re.compile(
    rf"([0-9a-f]{{64}})(?:\.([0-9a-f]{{64}}))?(\{layout.RUN_SUFFIX}|\.sig|\.work\.json)"
)

_FOLDERS = 8
"""Of more of them all are listed at once, 1,000 names a journey."""


@dataclass
class Beside:
    """Of one run, what the names of its objects tell."""

    received_at: str = ""
    """When the store got the run, ISO 8601 in UTC; empty where it has none."""
    every: dict[str, list[tuple[bool, float, str]]] = field(default_factory=dict)
    """By suffix: whether its key is none of those asked for, when it came, its name."""

    def names(self, suffix: str) -> list[str]:
        """The first that came, those of the keys asked for before others."""
        return [name for _, _, name in sorted(self.every.get(suffix, ()))[:MOST]]


def put(place: Place, sha256: str, suffix: str, key: str, content: bytes) -> bool:
    """Put it beside the run in the place of that key's own, and of no other's; `key` is the sha256
    of what made it, in hex, which the caller has looked at. False where it is there already.
    Raises StoreFault."""
    name, most = layout.sidecar(sha256, key, suffix), MOST_BYTES[suffix]
    if len(content) > most:
        raise StoreFault(f"a {suffix} of {len(content)} bytes. Expected at most {most}.")
    try:
        if place.get(name, most) == content:
            return False  # when it came stays as it is
    except Absent:
        pass
    place.put(name, content)
    return True


def found(
    place: Place, hashes: Sequence[str], keys: frozenset[str] = frozenset()
) -> dict[str, Beside]:
    """What there is of each run; what the `keys` made is looked at first. Raises StoreFault."""
    folders = {f"{layout.RUNS}/{sha256[:2]}" for sha256 in hashes}
    known = {sha256: Beside() for sha256 in hashes}
    for folder in [layout.RUNS] if len(folders) > _FOLDERS else sorted(folders):
        for name, when in place.written_s(folder).items():
            told = _NAME.fullmatch(name.rpartition("/")[2])
            if told is None or (one := known.get(told[1])) is None:
                continue
            if told[3] == layout.RUN_SUFFIX:
                at = datetime.fromtimestamp(when, UTC)
                one.received_at = at.isoformat(timespec="microseconds")
            elif told[2]:
                one.every.setdefault(told[3], []).append((told[2] not in keys, when, name))
    return known


def fetch(place: Place, runs: Collection[Beside]) -> list[dict[str, list[bytes]]]:
    """The contents by suffix, of each run in order; what cannot be read is none. Raises
    StoreFault."""
    got: list[dict[str, list[bytes]]] = [{} for _ in runs]
    for suffix, most in MOST_BYTES.items():
        names = [(at, name) for at, run in enumerate(runs) for name in run.names(suffix)]
        contents = place.get_each([name for _, name in names], most) if names else []
        for (at, _), content in zip(names, contents, strict=True):
            if not isinstance(content, StoreFault):
                got[at].setdefault(suffix, []).append(content)
    return got

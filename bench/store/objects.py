"""Runs put into a store and fetched from it: checked on both ways, whoever wrote them."""

from __future__ import annotations

import contextlib
import gzip
import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from bench import bounded_lines
from bench.bounded_lines import MAX_FILE_BYTES
from bench.store import contents, layout, manifest
from bench.store.contents import NotForAStore
from bench.store.faults import StoreFault
from bench.store.manifest import Entry
from bench.store.places import Absent, Place
from suites.data import outside_file

MAX_PACKED_BYTES = MAX_FILE_BYTES // 2
"""Of a run as it lies in a store."""

_AT_ONCE, _TOGETHER_BYTES = 64, 64 * 2**20
"""Runs that are fetched together, and what they may unpack to."""

_HEAD_BYTES = 2**10
"""By which something packed may be larger than what it holds."""


@dataclass(frozen=True)
class Pushed:
    """What became of a run that was sent."""

    entry: Entry
    month: str
    new: bool
    """Whether the store lacked it."""


def create(place: Place) -> None:
    """Make the place a store, if it is none yet; refuse one of a later version. Raises
    StoreFault."""
    try:
        found = place.get(layout.ROOT, 2**10)
    except Absent:
        place.put(layout.ROOT, b'{"format": 1}\n')
        return
    _check_format(place, found)


def check(place: Place) -> None:
    """That the place is a store this version can read. Raises StoreFault."""
    try:
        found = place.get(layout.ROOT, 2**10)
    except Absent:
        raise StoreFault(
            f"{place.url} is no store: it holds no {layout.ROOT}. Expected what "
            f"`./metalbench store push {place.url} RESULTS` makes."
        ) from None
    _check_format(place, found)


def _check_format(place: Place, found: bytes) -> None:
    if found.replace(b" ", b"").strip() != b'{"format":1}':
        raise StoreFault(
            f"{place.url} is of a format that this version cannot read. Expected format "
            f"{layout.FORMAT}. Received: {found[:80]!r}. Update Metalbench with `git pull`."
        )


# --- pushing ----------------------------------------------------------------------------------


def push(
    place: Place, path: Path, *, unfinished: bool = False, now: datetime | None = None
) -> Pushed:
    """Put the run of a records file (`.jsonl` or `.jsonl.gz`) into the store, its entry last.

    The same file again adds nothing; where a first push broke off, or what lies there is damaged,
    it is made whole. A run that is still being written is refused unless `unfinished`. Raises
    NotForAStore, StoreFault, OSError.
    """
    content = _content(path)
    sha256 = hashlib.sha256(content).hexdigest()
    facts = contents.facts(content, path)
    if not (facts.ended or unfinished):
        raise NotForAStore(
            f"{path} has no end: its run is still being written, or broke off. Resume it first "
            "(make bench ... RESUME=yes), or send what there is with --unfinished."
        )
    create(place)
    whole = _whole(place, sha256)
    if not whole:
        place.put(layout.run(sha256), gzip.compress(content, 6, mtime=0))
    if known := _known(place, sha256):
        return Pushed(known, layout.month(known.received), new=not whole)
    received = now or datetime.now(UTC)
    made = contents.entry(facts, sha256, len(content), received)
    month = layout.month(received)
    place.put(layout.entry(month, sha256), manifest.encode(made))
    return Pushed(made, month, new=True)


def _content(path: Path) -> bytes:
    """The file's lines, unpacked. Raises NotForAStore, OSError."""
    try:
        content = b"".join(bounded_lines.content(path))
    except bounded_lines.RestUnread as rest:
        raise NotForAStore(f"{path} cannot be used: {rest}.") from None
    except outside_file.NotAFile as error:
        raise NotForAStore(str(error)) from None
    if not content:
        raise NotForAStore(f"{path} is empty. Expected records of a run.")
    return content


def _whole(place: Place, sha256: str) -> bool:
    """Whether the store has the records, undamaged."""
    if not place.has(layout.run(sha256)):
        return False
    try:
        fetch(place, sha256)
    except StoreFault:
        return False
    return True


def _known(place: Place, sha256: str) -> Entry | None:
    """The run's entry; None where there is none yet, or none that can be used."""
    for month in manifest.months(place):
        if place.has(layout.entry(month, sha256)):
            with contextlib.suppress(manifest.BadEntry):
                return entry(place, month, sha256)
    return None


# --- fetching ---------------------------------------------------------------------------------


def entry(place: Place, month: str, sha256: str) -> Entry:
    """The run's entry in the manifest. Raises StoreFault."""
    return manifest.parse(place.get(layout.entry(month, sha256), manifest.MAX_BYTES), sha256, month)


def fetch(place: Place, sha256: str) -> bytes:
    """The run's records as it wrote them, held against their hash. Raises Absent, StoreFault."""
    return verified(place.get(layout.run(sha256), MAX_PACKED_BYTES), sha256)


def fetch_each(
    place: Place, entries: Sequence[Entry]
) -> Iterator[tuple[Entry, bytes | StoreFault]]:
    """The same of many runs, in order; several at a time, as far as their entries say that they
    are small: an object that has more than its entry says is none of it."""
    for some in _together(entries):
        most = min(max(entry.bytes for entry in some) + _HEAD_BYTES, MAX_PACKED_BYTES)
        found = place.get_each([layout.run(entry.sha256) for entry in some], most)
        for entry, packed in zip(some, found, strict=True):
            if isinstance(packed, StoreFault):
                yield entry, packed
                continue
            try:
                yield entry, verified(packed, entry.sha256)
            except StoreFault as fault:
                yield entry, fault


def _together(entries: Sequence[Entry]) -> Iterator[list[Entry]]:
    some: list[Entry] = []
    size = 0
    for entry in entries:
        if some and (size + entry.bytes > _TOGETHER_BYTES or len(some) == _AT_ONCE):
            yield some
            some, size = [], 0
        some.append(entry)
        size += entry.bytes
    if some:
        yield some


def verified(packed: bytes, sha256: str) -> bytes:
    """The records of an object, unpacked within bounds. Raises StoreFault where they are others."""
    try:
        content = b"".join(bounded_lines.unpacked(packed))
    except bounded_lines.RestUnread as rest:
        raise StoreFault(f"{layout.run(sha256)} is damaged: {rest}.") from None
    if hashlib.sha256(content).hexdigest() != sha256:
        raise StoreFault(f"{layout.run(sha256)} is damaged: its records have another hash.")
    return content

"""The manifest: a small object for each run, written last. A run is in the store when it exists."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from bench.schema import Sha256, Text
from bench.store import layout
from bench.store.faults import StoreFault
from bench.store.places import Place

MAX_BYTES = 2**16
"""Of one entry; most have 600."""

AT_ONCE = 512
"""Entries that are read together."""

MachineId = Annotated[str, msgspec.Meta(pattern="^[0-9a-f]{12}$")]
Short = Annotated[str, msgspec.Meta(max_length=200)]
Positive = Annotated[int, msgspec.Meta(ge=1, le=2**40)]


AHEAD = timedelta(days=1)
"""By so much the clock of who put a run here may be ahead: of a later moment none is believed, or
it would be the newest run for ever."""


class BadEntry(StoreFault):
    """It cannot be used; the message says why."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is known of a run without reading it. What is unknown is absent."""

    sha256: Sha256
    """Of the records, unpacked."""
    bytes: Positive
    """Of the records, unpacked."""
    records: Positive
    """Lines of them."""
    run: Text
    started_at: Text
    """By the sender's clock."""
    received_at: Text
    """UTC, ISO 8601, by the clock of who put it here; the month of its folder."""
    machine: Text
    """Its label."""
    machine_id: MachineId
    system: Text
    chip: Text | None = None
    """The CPU, by the name it gives itself: of Apple's, the chip."""
    gpu: Text | None = None
    """Names of all GPUs, with commas."""
    frameworks: Annotated[
        dict[Short, Annotated[tuple[Short, ...], msgspec.Meta(max_length=64)]],
        msgspec.Meta(max_length=64),
    ]
    """Versions by name; of one that came to nothing, none."""
    suites: Annotated[tuple[Short, ...], msgspec.Meta(max_length=256)]
    version: Short | None = None
    """Of Metalbench."""
    ended: bool = False
    """Whether the plan was carried out; a later version of the same run may hold more."""
    format: Literal[1] = 1

    @property
    def received(self) -> datetime:
        """When it came to the store."""
        return datetime.fromisoformat(self.received_at)


@dataclass(frozen=True)
class Listed:
    """The entries of a store, and what in its manifest is none."""

    entries: tuple[Entry, ...]
    faults: tuple[str, ...]


_decode = msgspec.json.Decoder(Entry).decode
encode = msgspec.json.Encoder(order="deterministic").encode


def parse(content: bytes, sha256: str, month: str) -> Entry:
    """The entry of the run with this hash, in the folder of this month. Raises BadEntry."""
    try:
        entry = _decode(content)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError) as error:
        wrong = str(error)[:200]
    else:
        wrong = _wrong(entry, sha256, month)
        if not wrong:
            return entry
    raise BadEntry(f"the manifest's entry of {sha256} cannot be used: {wrong}.")


def _wrong(entry: Entry, sha256: str, month: str) -> str:
    """What contradicts itself in it; empty where nothing does."""
    if entry.sha256 != sha256:
        return f"it is about {entry.sha256}"
    told = f"{entry.received_at[:40]!r}"
    try:
        ahead = entry.received - datetime.now(UTC)
        own = layout.month(entry.received)
    except (ValueError, TypeError, OverflowError):  # TypeError: of a moment without a zone
        return f"received_at is no moment: {told}"
    if ahead > AHEAD:
        return f"received_at is yet to come: {told}"
    return "" if own == month else f"it lies in {month}, and received_at is {told}"


def hashes(place: Place, month: str) -> list[str]:
    """Of all runs received in a month, sorted. Raises StoreFault."""
    found = (name.removesuffix(".json") for name in place.names(f"{layout.MANIFEST}/{month}"))
    return [name for name in found if layout.SHA256.fullmatch(name)]


def months(place: Place) -> list[str]:
    """In which runs were received, oldest first. Raises StoreFault."""
    return [name for name in place.names(layout.MANIFEST) if layout.MONTH.fullmatch(name)]


def of(place: Place, month: str, wanted: Sequence[str]) -> Iterator[Entry | StoreFault]:
    """The entries of these hashes, in order; in the place of one that is damaged, what is wrong."""
    for begin in range(0, len(wanted), AT_ONCE):
        some = wanted[begin : begin + AT_ONCE]
        found = place.get_each([layout.entry(month, sha256) for sha256 in some], MAX_BYTES)
        for sha256, content in zip(some, found, strict=True):
            if isinstance(content, StoreFault):
                yield content
                continue
            try:
                yield parse(content, sha256, month)
            except StoreFault as fault:
                yield fault


def read(place: Place) -> Listed:
    """All of it, in the order of receipt; a run that was put here twice stands there once.

    What this takes grows with the store: 50,000 entries take some seconds from a folder. Raises
    StoreFault.
    """
    entries: dict[str, Entry] = {}
    faults = []
    for month in months(place):
        for found in of(place, month, hashes(place, month)):
            if isinstance(found, StoreFault):
                faults.append(str(found))
            else:
                entries.setdefault(found.sha256, found)
    ordered = sorted(entries.values(), key=lambda entry: (entry.received_at, entry.sha256))
    return Listed(tuple(ordered), tuple(faults))

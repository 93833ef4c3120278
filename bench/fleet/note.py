"""The note in a fleet's folder: what each machine was asked for, by which the fleet is found again
and whoever reads its records knows what is missing."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated

import msgspec

from bench.fleet.hosts import NAME
from suites.data import outside_file

FORMAT = 1
FILE = "fleet.json"
THERE = "of-fleets"
"""Folder of results in which a machine keeps its part of the fleets that it is in."""
LOST = "fleet"
"""Stage of a cell that its machine did not finish, in records that the head alone writes."""

_MOST_BYTES = 2**20

Word = Annotated[str, msgspec.Meta(max_length=4096)]
Suite = Annotated[str, msgspec.Meta(pattern="^[a-z0-9][a-z0-9_-]{0,63}\\Z")]
Name = Annotated[str, msgspec.Meta(pattern=f"^{NAME}\\Z")]


class Asked(msgspec.Struct, frozen=True):
    """Of one machine."""

    suites: tuple[Suite, ...]
    flags: dict[str, Word]
    """Of `run`, by name and without dashes."""


class Note(msgspec.Struct, frozen=True):
    """Nothing in it says where a machine is."""

    format: int
    fleet: Word
    commit: Word | None
    machines: dict[Name, Asked]


def read(folder: Path) -> Note | None:
    """That of a fleet's folder; None where there is none that can be read."""
    with contextlib.suppress(OSError, msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        note = msgspec.json.decode(outside_file.beginning(folder / FILE, _MOST_BYTES), type=Note)
        return note if note.format == FORMAT else None
    return None


def missing(folder: Path) -> Iterator[tuple[str, str]]:
    """Machine and suite of which the fleet that lies there has no record at all."""
    note = read(folder)
    for machine, asked in note.machines.items() if note else ():
        for suite in asked.suites:
            if not (folder / machine / suite / "records.jsonl").is_file():
                yield machine, suite

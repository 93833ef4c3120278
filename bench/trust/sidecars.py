"""Files beside a run's records: its signature, and who vouches for its work."""

from __future__ import annotations

import re
from pathlib import Path

from suites.data import outside_file

MOST_SIGNATURE_BYTES = 2**14
"""An RSA key of 16,384 bits signs in less."""

MOST_WORK_BYTES = 2**20


_SHA256 = re.compile("[0-9a-f]{64}")


def of(records: Path) -> dict[str, bytes]:
    """What lies beside a run's records, by suffix: `.sig`, `.work.json`. One byte more than the
    most where it is too long. Raises OSError."""
    places = {
        ".sig": (signature_of(records), MOST_SIGNATURE_BYTES),
        ".work.json": (work_of(records), MOST_WORK_BYTES),
    }
    return {
        suffix: outside_file.beginning(place, most + 1)
        for suffix, (place, most) in places.items()
        if place.is_file()
    }


def named(records: Path) -> str:
    """The sha256 that the name of the file tells, as `store fetch` names it; empty where none."""
    name = records.name.partition(".")[0]
    return name if _SHA256.fullmatch(name) else ""


def signature_of(records: Path) -> Path:
    """Where the signature of `records.jsonl`, or `records.jsonl.gz`, lies: it is over the bytes
    unpacked, so both have the same."""
    return _plain(records).with_suffix(".sig")


def work_of(records: Path) -> Path:
    """Where the word of who asked for the run lies."""
    return _plain(records).with_suffix(".work.json")


def _plain(records: Path) -> Path:
    return records.with_suffix("") if records.suffix == ".gz" else records

"""Files beside a run's records: signatures, and the words of those who vouch for its work."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from bench import whole_file
from suites.data import outside_file

MOST_BYTES = {".sig": 2**14, ".work.json": 2**20}
"""What may stand beside a run, by suffix, and how much of it. An RSA key of 16,384 bits signs in
less."""

MOST = 8
"""Of one suffix beside a run that are looked at: anybody may add some."""

_SHA256 = re.compile("[0-9a-f]{64}")


def of(records: Path) -> dict[str, list[bytes]]:
    """What lies beside a run's records, by suffix. One byte more than the most where it is too
    long. Raises OSError."""
    return {
        suffix: [
            outside_file.beginning(place, most + 1)
            for place in places(records, suffix)
            if place.is_file()
        ]
        for suffix, most in MOST_BYTES.items()
    }


def put(records: Path, found: Mapping[str, Sequence[bytes]]) -> None:
    """Write what was found beside these records, by suffix, to where `of` looks. Raises OSError."""
    for suffix, contents in found.items():
        for place, content in zip(places(records, suffix), contents, strict=False):
            whole_file.write(place, content)


def named(records: Path) -> str:
    """The sha256 that the name of the file tells, as `store fetch` names it; empty where none."""
    name = records.name.partition(".")[0]
    return name if _SHA256.fullmatch(name) else ""


def places(records: Path, suffix: str) -> list[Path]:
    """Where what lies beside `records.jsonl`, or `records.jsonl.gz`, may lie: it is over the bytes
    unpacked, so both have the same. One's own first, `records.sig`, then `records.2.sig`."""
    plain = records.with_suffix("") if records.suffix == ".gz" else records
    others = [f".{number}{suffix}" for number in range(2, MOST + 1)]
    return [plain.with_suffix(each) for each in (suffix, *others)]


def signature_of(records: Path) -> Path:
    """Where one's own signature lies."""
    return places(records, ".sig")[0]


def work_of(records: Path) -> Path:
    """Where the word of who asked for the run lies."""
    return places(records, ".work.json")[0]

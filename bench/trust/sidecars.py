"""Files beside a run's records: its signature, and who vouches for its work."""

from __future__ import annotations

from pathlib import Path

MOST_SIGNATURE_BYTES = 2**14
"""An RSA key of 16,384 bits signs in less."""

MOST_WORK_BYTES = 2**20


def signature_of(records: Path) -> Path:
    """Where the signature of `records.jsonl`, or `records.jsonl.gz`, lies: it is over the bytes
    unpacked, so both have the same."""
    return _plain(records).with_suffix(".sig")


def work_of(records: Path) -> Path:
    """Where the word of who asked for the run lies."""
    return _plain(records).with_suffix(".work.json")


def _plain(records: Path) -> Path:
    return records.with_suffix("") if records.suffix == ".gz" else records

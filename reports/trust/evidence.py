"""What speaks for a run: read once from its records and the files beside them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

from bench import bounded_lines, records
from bench.records import RejectedLine
from bench.trust import sidecars, signing
from bench.trust.signing import Signature
from suites.data import outside_file


@dataclass(frozen=True, kw_only=True)
class Evidence:
    """Of one run; small, so that those of thousands fit into memory."""

    sha256: str
    """Of its bytes, unpacked."""
    named: str
    """What its name, or a manifest, says that is; empty where nothing does."""
    lines: int
    refused: tuple[str, ...]
    """Lines that are no records, by number and reason."""
    signature: Signature | None
    """None where it has none."""


def of_file(
    path: Path,
    *,
    named: str = "",
    signature: bytes | None = None,
    signers: Path | None = None,
) -> Evidence:
    """Of a run's records, `.jsonl` or `.jsonl.gz`; `signers` is the reader's own list of keys.

    Raises NotRecords, NoKeygen, OSError.
    """
    count, refused = 0, []
    for number, found in records.scan(path):
        count += 1
        if isinstance(found, RejectedLine):
            refused.append(f"line {number}: {found.reason}")
    digest = hashlib.sha256()
    try:
        for piece in bounded_lines.content(path):
            digest.update(piece)
    except bounded_lines.RestUnread as rest:
        refused = refused or [str(rest)]
    sha256 = digest.hexdigest()
    signed = None
    if signature is not None and not refused:
        signed = signing.check(signature, bounded_lines.content(path), signers)
    elif signature is not None:
        signed = Signature(problem="lines of it are no records, so its signature was not looked at")
    return Evidence(
        sha256=sha256,
        named=named,
        lines=count,
        refused=tuple(refused),
        signature=signed,
    )


def beside(path: Path, signers: Path | None = None) -> Evidence:
    """Of a run on this machine, with the files beside its records.

    Raises NotRecords, NoKeygen, OSError.
    """
    signature = _content(sidecars.signature_of(path), sidecars.MOST_SIGNATURE_BYTES)
    return of_file(path, signature=signature, signers=signers)


def _content(path: Path, most: int) -> bytes | None:
    """A small file's bytes, one more than `most` where it has too many; None where it is not."""
    if not path.is_file():
        return None
    return outside_file.beginning(path, most + 1)

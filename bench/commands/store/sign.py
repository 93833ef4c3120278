"""The command `store sign`: signatures of OpenSSH beside runs."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench import bounded_lines, records, whole_file
from bench.printable import tell
from bench.records import RejectedLine
from bench.trust import sidecars, signing
from bench.trust.signing import NotSigned
from reports.ingest.record_files import files


def run(results: Sequence[Path], key: Path) -> int:
    """Sign each run that is named, or lies in a folder that is. Raises UserError, OSError."""
    for path, _ in files(results):
        _check(path)
        made = signing.sign(bounded_lines.content(path), key)
        whole_file.write(sidecars.signature_of(path), made)
        tell(f"signed: {path}")
    return 0


def _check(path: Path) -> None:
    """Nobody signs what is no run. Raises NotSigned, NotRecords."""
    for number, found in records.scan(path):
        if isinstance(found, RejectedLine):
            raise NotSigned(
                f"{path} is not signed: line {number} is no record: {found.reason}. Expected the "
                "records of a run as it wrote them."
            )

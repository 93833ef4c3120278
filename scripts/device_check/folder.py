"""The folder that is sent: records compressed, figures in JSON and Markdown, each whole when it
appears."""

from __future__ import annotations

import gzip
import shutil
from pathlib import Path

import msgspec

from bench.machine.privacy import scrub
from suites.errors import UserError

MOST_BYTES = 5 * 10**6
"""What any mail takes."""


class Folder:
    """The files of one check."""

    def __init__(self, path: Path) -> None:
        """Raises UserError where something lies there already."""
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise UserError(f"expected a new or empty folder for --out. Received: {path}")
        path.mkdir(parents=True, exist_ok=True)
        self.path = path
        self.log = path / "log.txt"

    def running(self, part: str) -> Path:
        """Where a part's records are written; after a power cut they still lie there."""
        return self.path / "running" / part

    def keep(self, part: str) -> Path | None:
        """The records of a part, compressed; None where it left none."""
        found = sorted(self.running(part).glob("*/records.jsonl"))
        if not found:
            return None
        kept = self.path / f"{part}.jsonl.gz"
        aside = kept.with_suffix(".new")
        with found[-1].open("rb") as raw, gzip.open(aside, "wb") as file:
            shutil.copyfileobj(raw, file)
        aside.replace(kept)
        shutil.rmtree(self.path / "running")
        return kept

    def scrub_log(self) -> None:
        """Paths in it name whoever works here."""
        if self.log.exists():
            self.write(self.log.name, scrub(self.log.read_text(errors="replace")).encode())

    def write(self, name: str, content: bytes) -> None:
        aside = self.path / f"{name}.new"
        aside.write_bytes(content)
        aside.replace(self.path / name)

    def write_json(self, name: str, value: object) -> None:
        self.write(name, msgspec.json.format(msgspec.json.encode(value), indent=1) + b"\n")

    @property
    def size_bytes(self) -> int:
        return sum(path.stat().st_size for path in self.path.rglob("*") if path.is_file())

    def told(self) -> str:
        """Its size, and what to leave out where that is much."""
        size = f"{self.size_bytes / 1e6:.2f} MB"
        if self.size_bytes <= MOST_BYTES:
            return size
        largest = max(self.path.glob("*.gz"), key=lambda path: path.stat().st_size, default=None)
        name = largest.name if largest else self.log.name
        return f"{size}; without {name} it is smaller, and the figures are in figures.json"

"""Runs on this machine chosen by how far they are trusted; those that are not are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from bench.records import NotRecords
from bench.trust import signing
from bench.values import choices
from reports.ingest.record_files import files
from reports.trust import evidence, tiers
from reports.trust.kin import Kin
from reports.trust.tiers import CHECKS, Tier
from suites.errors import UserError


class Untrusted(UserError):
    """None of the runs is trusted as far as was asked for."""


@dataclass(frozen=True)
class Chosen:
    """What was looked at, by file, and which of it is left out."""

    tiers: Mapping[Path, Tier] = field(default_factory=dict)
    refused: Mapping[Path, str] = field(default_factory=dict)
    """Why each does not meet the check that was asked for."""

    @property
    def nothing_left(self) -> bool:
        """Whether there were runs and none meets the check."""
        return bool(self.tiers) and len(self.refused) == len(self.tiers)


def judged(
    paths: Iterable[Path], signers: Path | None, received_at: Mapping[Path, str] | None = None
) -> dict[Path, Tier]:
    """The tier of each run in these files and folders, held against the others of them. A file
    that was not named itself, and holds none, has no tier. `received_at` is when a store got a
    file, where it came from one.

    Raises UserError, OSError.
    """
    check(signers)
    runs = {}
    for path, named in files(paths):
        try:
            runs[path] = evidence.beside(path, signers, (received_at or {}).get(path, ""))
        except NotRecords:
            if named:
                raise
    kin = Kin(runs.values())
    return {path: tiers.of(run, kin) for path, run in runs.items()}


def least(word: str) -> str:
    """The check that a command line asks for. Raises UserError."""
    return choices("--trust", [word], CHECKS, "docs/fleet.md says what each shows.")[0]


def choose(
    paths: Sequence[Path],
    word: str,
    signers: Path | None,
    received_at: Mapping[Path, str] | None = None,
) -> Chosen:
    """Which runs meet a check; all, where none is asked for. Raises UserError, OSError."""
    asked = least(word) if word else ""
    found = judged(paths, signers, received_at)
    if not asked:
        return Chosen(found)
    return Chosen(
        found, {path: why for path, tier in found.items() if (why := tier.why_not(asked))}
    )


def check(signers: Path | None) -> None:
    """Raises Untrusted where the reader's list is no file, or lists no key."""
    if signers is None:
        return
    if not signers.is_file() or not signing.listed(signers):
        what = "in which no line is one" if signers.is_file() else "which is no file"
        raise Untrusted(
            "no list of keys. Expected lines as in `alice ssh-ed25519 AAAA...`, which ALLOWED "
            f"SIGNERS of man ssh-keygen describes. Received: {signers}, {what}"
        )

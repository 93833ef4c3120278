"""Runs on this machine chosen by how far they are trusted; those that are not are named."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from bench.records import NotRecords
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
    """What is left, and what was refused, each with its reason."""

    paths: tuple[Path, ...]
    refused: tuple[str, ...]
    tiers: Mapping[Path, Tier]
    """Of all that were looked at, by file."""


def judged(paths: Iterable[Path], signers: Path | None) -> dict[Path, Tier]:
    """The tier of each run in these files and folders, held against the others of them. A file
    that was not named itself, and holds none, has no tier.

    Raises UserError, OSError.
    """
    check(signers)
    runs = {}
    for path, named in files(paths):
        try:
            runs[path] = evidence.beside(path, signers)
        except NotRecords:
            if named:
                raise
    kin = Kin(runs.values())
    return {path: tiers.of(run, kin) for path, run in runs.items()}


def least(word: str) -> str:
    """The check that a command line asks for. Raises UserError."""
    return choices("--trust", [word], CHECKS, "docs/fleet.md says what each shows.")[0]


def choose(paths: Sequence[Path], word: str, signers: Path | None) -> Chosen:
    """The runs that meet a check; all, where none is asked for. Raises UserError where no run
    does, OSError."""
    asked = least(word) if word else ""
    found = judged(paths, signers)
    if not asked:
        return Chosen(tuple(paths), (), found)
    kept = tuple(path for path, tier in found.items() if tier.meets(asked))
    refused = tiers.below([(str(path), tier) for path, tier in found.items()], asked)
    if not kept:
        raise Untrusted(
            f"none of {len(found)} runs is shown to be {asked}. The first: {refused[0]}. "
            "`./metalbench store trust RESULTS` shows what each of them is."
        )
    return Chosen(kept, tuple(refused), found)


def check(signers: Path | None) -> None:
    """Raises Untrusted where the reader's list is no file."""
    if signers is not None and not signers.is_file():
        raise Untrusted(
            f"no list of keys. Expected a file as ALLOWED SIGNERS of man ssh-keygen describes it. "
            f"Received: {signers}"
        )

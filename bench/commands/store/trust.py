"""The command `store trust`: how far runs can be trusted, each check with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.printable import tell
from reports.trust import choosing


def run(results: Sequence[Path], signers: Path | None) -> int:
    """Show every run's tier. Raises UserError, OSError."""
    for name, tier in choosing.judged(results, signers).items():
        tell(f"{name}: {tier.word}")
        for mark in tier.marks:
            tell(f"  {mark.check:<10} {mark.outcome:<10} {mark.reason}")
    return 0

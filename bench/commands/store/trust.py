"""The command `store trust`: how far runs can be trusted, each check with its reason."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fleet import environment
from bench.printable import tell
from bench.terminal.exit_codes import failed
from bench.values import BadValue

if TYPE_CHECKING:
    from reports.trust.tiers import Tier


def run(results: Sequence[Path], signers: Path | None, url: str) -> int:
    """Show every run's tier; 1 if there is no run. Raises UserError, OSError."""
    if bool(results) == bool(url):
        raise BadValue(
            "runs are looked at in files or in a store. Expected RESULTS, or --store URL. "
            f"Received: {'both' if url else 'neither'}"
        )
    found = _of_store(url, signers) if url else _of_files(results, signers)
    for name, tier in found.items():
        tell(f"{name}: {tier.word}")
        for mark in tier.marks:
            tell(f"  {mark.check:<10} {mark.outcome:<10} {mark.reason}")
    return 0 if found else failed(f"no run can be read in {url or ', '.join(map(str, results))}")


def _of_files(results: Sequence[Path], signers: Path | None) -> dict[str, Tier]:
    from reports.trust import choosing

    return {str(path): tier for path, tier in choosing.judged(results, signers).items()}


def _of_store(url: str, signers: Path | None) -> dict[str, Tier]:
    """Those of the store by hash; one whose records are damaged is not among them."""
    environment.enter()
    from bench.store import manifest, places
    from reports.trust import choosing, stored

    choosing.check(signers)
    place = places.at(url)
    return dict(stored.judged(place, manifest.read(place).entries, signers).tiers)

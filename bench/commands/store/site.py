"""The command `site`: a store's machines as pages, for a folder or any web server."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.fleet import environment
from bench.printable import counted, tell
from bench.terminal.exit_codes import failed
from bench.values import BadValue

if TYPE_CHECKING:
    from bench.store.places import Place
    from reports.site.content import Site

TITLE = "Metalbench gallery"

_NAMED = 100
"""Runs that are trusted less than was asked for which are named."""


@dataclass(frozen=True)
class SiteOptions:
    """The options of `site`, as typed."""

    url: str
    out: Path
    trust: str
    signers: Path | None
    title: str


def run(asked: SiteOptions) -> int:
    """Write the site; 1 if a run had to be left out. Raises UserError, OSError."""
    environment.enter()
    from bench.store import places
    from reports.site import build

    place = places.at(asked.url)
    beside = _beside(place, asked.out)
    build.check(asked.out)  # refused before anything is read
    site, lost = _site(asked, place, beside)
    files = counted(build.build(site, asked.out), "file")
    tell(f"{files}: {counted(len(site.machines), 'machine')}. {_address(asked.out)}")
    if lost:
        return failed(
            f"{counted(lost, 'run')} left out: the records, or what the manifest says of them, are "
            f"not there or damaged. `./metalbench store check {place.url}` says what mends it"
        )
    return 0


def _site(asked: SiteOptions, place: Place, beside: str) -> tuple[Site, int]:
    """What it shows, and how many runs could not be judged."""
    from bench.store import manifest, objects
    from reports.formatting import plain
    from reports.ingest import published
    from reports.site import choice
    from reports.site.content import Site
    from reports.site.intake import Intake
    from reports.trust import choosing, stored
    from reports.trust.tiers import below

    least = choosing.least(asked.trust) if asked.trust else ""
    choosing.check(asked.signers)
    objects.check(place)
    listed = manifest.read(place)
    taken = Intake()
    of = len(listed.entries)
    judged = stored.judged(
        place, listed.entries, asked.signers, lambda read: _told(read, of), taken.take
    )
    _refuse(below([*judged.tiers.items()], least) if least else [])
    machines = choice.machines(taken.cells(), list(taken.runs(judged, least)))
    title = plain(asked.title, 80) or TITLE
    lost = len(listed.faults) + len(judged.lost | taken.lost)
    return Site(title, machines, published.every(), beside, least), lost


def _refuse(lines: Sequence[str]) -> None:
    """Name the runs that are left out for what was asked for, each with its reason."""
    for line in lines[:_NAMED]:
        tell(f"left out: {line}")
    if len(lines) > _NAMED:
        tell(f"and {len(lines) - _NAMED} more: `./metalbench store trust` says why")


def _told(read: int, of: int) -> None:
    if read < of:
        tell(f"{read} of {of} runs looked at")


def _beside(place: Place, out: Path) -> str:
    """The folder of records beside the site's, as pages lead to it; empty where it lies elsewhere,
    for a path of this machine stands on no page. Raises BadValue."""
    if not place.is_folder:
        return ""
    root, folder = Path(place.root).resolve(), out.resolve()
    if root.is_relative_to(folder):
        raise BadValue(
            f"the store {place.url} lies in {out}, which a site would replace as a whole. "
            "Expected a folder beside it, as in STORE=runs OUT=site."
        )
    return root.name if root.parent == folder.parent else ""


def _address(out: Path) -> str:
    return (out / "index.html").resolve().as_uri()

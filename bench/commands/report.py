"""The command `report`, and the end of `run`: a report written and its answer shown."""

from __future__ import annotations

import logging
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from bench import values
from bench.commands.store import compact
from bench.fleet import environment
from bench.printable import Screen, counted, tell
from bench.terminal.exit_codes import failed
from bench.trust import signing
from bench.trust.keygen import NoKeygen

# Before it loads: matplotlib warns of caches that it builds, or has no folder for.
logging.getLogger("matplotlib").setLevel(logging.ERROR)

from reports import build  # noqa: E402
from reports.answer import answer  # noqa: E402
from reports.answer.answer import Answer  # noqa: E402
from reports.build import EVERY, Built  # noqa: E402
from reports.isolation import Attempts  # noqa: E402
from reports.render import terminal  # noqa: E402
from reports.trust import choosing  # noqa: E402
from reports.trust.choosing import Chosen  # noqa: E402

if TYPE_CHECKING:
    from reports.store.selection import Selected

USUAL = Path("results")


@dataclass(frozen=True)
class Selection:
    """Runs of a store, in place of files."""

    url: str
    where: str
    """A condition of SQL on the columns of `cells`."""
    results: Sequence[Path] = ()
    """What was named besides, which cannot be."""


def of_store(
    asked: Selection,
    out: Path,
    published: bool,
    baseline: str | None,
    verbose: bool,
    trusted: tuple[str, Path | None] = ("", None),
) -> int:
    """Report on those runs of a store that have a cell for which the condition holds; 1 if lines
    had to be left out. Raises UserError, OSError."""
    if asked.results or not asked.url:
        raise values.BadValue(
            "a report is on record files, or on a store. Expected RESULTS, or --store URL with "
            f"--where CONDITION. Received: {'both' if asked.url else '--where alone'}"
        )
    environment.enter()
    from bench.store import places
    from reports.store import selection

    place = places.at(asked.url)
    with tempfile.TemporaryDirectory(prefix="metalbench-") as folder:
        keys = signing.listed(trusted[1])
        found = selection.fetched(place, asked.where, Path(folder), keys=keys)
        compact.tell_waiting(place)
        files = list(found.received_at)
        if not files:
            raise values.BadValue(
                f"no run of {place.url} has such a cell. Expected a condition on the columns of "
                "cells, as in \"chip = 'Apple M4' and framework = 'jax'\". "
                f"Received: {asked.where!r}"
            )
        if found.of > len(files):
            tell(f"the newest {len(files)} of {found.of} such runs: say more in --where")
        return run(files, out, published, baseline, verbose, trusted, found)


def run(
    results: Sequence[Path],
    out: Path,
    published: bool,
    baseline: str | None,
    verbose: bool,
    trusted: tuple[str, Path | None] = ("", None),
    selected: Selected | None = None,
) -> int:
    """Report on what is named, or on all runs here; 1 if lines had to be left out. `trusted` is
    the check that runs must meet, and the reader's list of keys; with one of them, or where the
    runs were `selected` in a store, the report says how far each is trusted.

    Raises UserError, OSError.
    """
    # Without any run of one's own there are still the published figures.
    usual = [USUAL] if USUAL.exists() or not published else []
    paths: Sequence[Path] = results or usual
    chosen = _chosen(paths, *trusted, selected) if selected or any(trusted) else EVERY
    built, _, missing = write(paths, out, verbose, published, baseline, chosen)
    count = len(built.left_out)
    lines = f"{count} line{'s' * (count > 1)} of records could not be used: the report names them"
    wrong = "; ".join(filter(None, (lines if count else "", missing)))
    return failed(wrong) if wrong else 0


def _chosen(
    results: Sequence[Path], least: str, signers: Path | None, selected: Selected | None
) -> Chosen:
    """Those runs that meet the check, and how far each is trusted; each other is named. Raises
    UserError, OSError."""
    try:
        chosen = choosing.choose(
            results, least, signers, selected.received_at if selected else None
        )
    except NoKeygen as error:
        if least or signers:
            raise
        tell(f"the report does not say how far its runs are trusted: {error}")
        return EVERY
    # Files of a store lie here only as long as the report is made: their names are the hashes.
    told = [f"{path.stem if selected else path}: {why}" for path, why in chosen.refused.items()]
    if chosen.nothing_left:
        where = f"--store {selected.url}" if selected else "RESULTS"
        raise choosing.Untrusted(
            f"none of {counted(len(told), 'run')} is shown to be {least}. The first: {told[0]}. "
            f"`./metalbench store trust {where}` shows what each of them is."
        )
    for refused in told:
        tell(f"left out: {refused}")
    return chosen


def write(
    paths: Sequence[Path],
    out: Path,
    verbose: bool,
    published: bool = True,
    baseline: str | None = None,
    chosen: Chosen = EVERY,
) -> tuple[Built, str, str]:
    """What was written, what in it is wrong, and what of it is missing; `verbose` shows every table
    first, `chosen` says how far files are trusted and which are left out.

    Raises UserError, OSError.
    """
    attempts = Attempts()
    built = build.build(
        paths, out, published=published, baseline=baseline, attempts=attempts, chosen=chosen
    )
    console = Screen()
    if verbose:
        show = partial(terminal.show, built.content, console)
        attempts.of("All tables in the terminal", show, lambda _: None)
    told = attempts.of(
        "The answer in the terminal",
        partial(answer.make, built.content, built.tallies, built.html, console.width),
        lambda sentence: Answer((sentence, built.html.resolve().as_uri()), ""),
    )
    terminal.conclude(told.lines, console)
    if len(attempts.faults) > len(built.faults):
        attempts.save(out)
    return built, told.reason, attempts.told(out)

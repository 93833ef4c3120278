"""The command `report`, and the end of `run`: a report written and its answer shown."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from bench.terminal.exit_codes import failed
from reports import build
from reports.answer import answer
from reports.build import Built
from reports.render import terminal

USUAL = Path("results")


def run(
    results: Sequence[Path], out: Path, published: bool, baseline: str | None, verbose: bool
) -> int:
    """Report on what is named, or on all runs here; 1 if lines had to be left out.

    Raises UserError, OSError.
    """
    # Without any run of one's own there are still the published figures.
    usual = [USUAL] if USUAL.exists() or not published else []
    built, _ = write(results or usual, out, verbose, published, baseline)
    if count := len(built.left_out):
        return failed(
            f"{count} line{'s' * (count > 1)} of records could not be used: the report names them"
        )
    return 0


def write(
    paths: Sequence[Path],
    out: Path,
    verbose: bool,
    published: bool = True,
    baseline: str | None = None,
) -> tuple[Built, str]:
    """What was written, and what in it is wrong; `verbose` shows every table first.

    Raises UserError, OSError.
    """
    # matplotlib tells of building its cache of fonts, as a warning.
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    built = build.build(paths, out, published=published, baseline=baseline)
    console = Console()
    if verbose:
        terminal.show(built.content, console)
    told = answer.make(built.content, built.tallies, built.html, console.width)
    terminal.conclude(told.lines, console)
    return built, told.reason

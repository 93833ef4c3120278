"""A report written and its answer shown: how `run` and `report` end."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from reports import build
from reports.answer import answer
from reports.build import Built
from reports.render import terminal


def close(
    paths: Sequence[Path],
    out: Path,
    verbose: bool,
    published: bool = True,
    baseline: str | None = None,
) -> tuple[Built, str]:
    """What was written, and what in it is wrong; `verbose` shows every table first.

    Raises NotRecords, NoSuchMachine, OSError.
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

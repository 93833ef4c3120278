"""The command `open`: the newest report in a browser, or its address where none can be opened."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

from suites.errors import UserError

PAGES = ("report.html", "comparison.html", "trend.html")
"""Of `make bench` and `make report`, of `make compare`, of `make trend`."""

PLACES = (Path("results"), Path("report"))
"""Where runs and reports put theirs, if nothing else is asked for."""

_PATIENCE_S = 10
"""What an opener may take that hands the page over; one that shows it itself is left alone."""


def run(places: Sequence[Path]) -> int:
    """Print the page's address, and open it where this system can. Raises UserError, OSError."""
    page = newest(places or PLACES, asked=bool(places))
    print(page.resolve().as_uri())
    opener = next(filter(None, map(shutil.which, _openers())), None)
    if opener:
        _show([opener, str(page.resolve())])
    return 0


def newest(places: Sequence[Path], asked: bool) -> Path:
    """The report that was written last: these files, those of these folders, and of the folders in
    them. Raises UserError where there is none."""
    found = [page for place in places for page in _pages(place)]
    if not found:
        where = ", ".join(map(str, places))
        raise UserError(
            f"no report to open. Expected: {' or '.join(PAGES)} in one of {where}, or in a folder "
            f"there. Received: {'none of these' if asked else 'nothing yet'}. "
            f"`make bench` measures and writes one, `make report` writes one of earlier runs, "
            f"`make compare` one of two sides, `make trend` one of all runs"
        )
    return max(found, key=lambda page: page.stat().st_mtime)


def _pages(place: Path) -> Iterator[Path]:
    if place.suffix == ".html" and place.is_file():
        yield place
        return
    folder = place.parent if place.is_file() else place
    deeper = () if place.is_file() else (f"*/{name}" for name in PAGES)
    for pattern in (*PAGES, *deeper):
        yield from (page for page in folder.glob(pattern) if page.is_file())


def _openers() -> Sequence[str]:
    """Programs that hand a file to the desktop."""
    return ("open",) if sys.platform == "darwin" else ("xdg-open",)


def _show(command: Sequence[str]) -> None:
    """Without a desktop an opener fails; the address stands there, which is what there is to do."""
    try:
        subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
            timeout=_PATIENCE_S,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return

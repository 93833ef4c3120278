"""Writes a site aside and puts it in place whole: one that is half written replaces none."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reports.render import page
from reports.site import pages, search
from reports.site.content import Site
from suites.errors import UserError

MARK = "metalbench-site.json"
"""The file by which a folder is known for a site, which another may replace."""

_TEMPLATES = Path(page.__file__).parent / "templates"


class NoSite(UserError):
    """The folder is no place for a site; the message says why."""


def build(site: Site, out: Path) -> int:
    """Write the site in the place of an earlier one; how many files it has.

    Raises NoSite, OSError.
    """
    out = out.resolve()
    _recover(out)
    check(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    aside = Path(tempfile.mkdtemp(dir=out.parent, prefix=f".{out.name}-"))
    try:
        written = 0
        for name, text in files(site):
            path = aside / name
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, encoding="utf-8")
            written += 1
        aside.chmod(0o755)
        _swap(aside, out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    return written


def check(out: Path) -> None:
    """That a site may take this place. Raises NoSite where something else would be lost."""
    if out.is_dir() and ((out / MARK).is_file() or not any(out.iterdir())):
        return
    if out.exists():
        raise NoSite(
            f"{out} holds something else, which a site would replace. Expected a new folder, an "
            "empty one or an earlier site, as in OUT=site."
        )


def files(site: Site) -> Iterator[tuple[str, str]]:
    """Each file of the site: its name and its text."""
    yield MARK, '{"format": 1}\n'
    yield "site.css", _own("report.css") + _own("site/site.css")
    yield "tables.js", _own("report.js")
    yield "search.js", _own("site/search.js")
    for name, text in search.files(site.machines):
        yield f"{search.FOLDER}/{name}", text
    yield "index.html", pages.first(site)
    yield from pages.lists(site)
    yield "versions.html", pages.versions(site)
    if site.published:
        yield "published.html", pages.of_published(site)
    for name, text in pages.families(site):
        yield f"families/{name}", text
    for machine in site.machines:
        yield f"machines/{machine.id}.html", pages.of_machine(site, machine)


def _own(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


# --- putting it in place ----------------------------------------------------------------------


def _before(out: Path) -> Path:
    """Where an earlier site is while the new one takes its place."""
    return out.parent / f".{out.name}.before"


def _recover(out: Path) -> None:
    """Puts an earlier site back that a kill between two renames left beside its place."""
    if _before(out).is_dir() and not out.exists():
        _before(out).rename(out)


def _swap(aside: Path, out: Path) -> None:
    before = _before(out)
    shutil.rmtree(before, ignore_errors=True)
    if out.exists():
        out.rename(before)
    try:
        aside.rename(out)
    except OSError:
        _recover(out)
        raise
    shutil.rmtree(before, ignore_errors=True)

"""Writes a site aside and puts it in place whole: one that is half written replaces none.

What others put into a site's folder (`.git`, `CNAME`) goes over into the next site. It is told by
its name, and no file in the folder is asked: a site of a stranger cannot name for deletion what is
no page.
"""

from __future__ import annotations

import os
import re
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from reports.ingest.machine_names import FAMILIES
from reports.render import page
from reports.site import pages, search
from reports.site.content import Site
from suites.errors import UserError

MARK = "metalbench-site.json"
"""The file by which a folder is known for a site, which another may replace."""

_FOLDERS = ("families", "machines", search.FOLDER)

_OWN = re.compile(
    rf"{re.escape(MARK)}|site\.css|(tables|search)\.js|(index|versions|published|all(-\d+)?)\.html"
    rf"|families/({'|'.join(map(pages.slug, FAMILIES))})(-\d+)?\.html"
    rf"|machines/[0-9a-f]{{12}}\.html|{search.FOLDER}/\d{{4,}}\.js"
)
"""What the files of a site are called, and those of an earlier version were."""

_TEMPLATES = Path(page.__file__).parent / "templates"


class NoSite(UserError):
    """The folder is no place for a site; the message says why."""


def build(site: Site, out: Path) -> int:
    """Write the site in the place of an earlier one; how many files it has.

    Raises NoSite, OSError.
    """
    out = out.resolve()
    _settle(out)
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


def _settle(out: Path) -> None:
    """Ends what a kill may have broken off: an earlier site is put back where no new one is in its
    place; where one is, it is given what others put into the earlier one, which then goes."""
    before = _before(out)
    if not before.is_dir():
        return
    if not out.exists():
        before.rename(out)
        return
    _check_names(before, out)
    for name in _of_others(before):
        target = out / name
        target.parent.mkdir(exist_ok=True)
        (before / name).rename(target)
    shutil.rmtree(before)


def _swap(aside: Path, out: Path) -> None:
    if out.exists():
        _check_names(out, aside)
        out.rename(_before(out))
    try:
        aside.rename(out)
    finally:
        _settle(out)


def _of_others(folder: Path) -> list[str]:
    """What lies in a site's folder and is no file of a site; a folder of others as a whole."""
    found: list[Path] = []
    for path in folder.iterdir():
        ours = path.name in _FOLDERS and path.is_dir() and not path.is_symlink()
        found += path.iterdir() if ours else [path]
    names = sorted((path.relative_to(folder).as_posix(), path.is_dir()) for path in found)
    return [name for name, is_folder in names if is_folder or not _OWN.fullmatch(name)]


def _check_names(old: Path, new: Path) -> None:
    """That the new site has no file where others put one into the old. Raises NoSite."""
    for name in _of_others(old):
        if os.path.lexists(new / name):
            raise NoSite(
                f"{old / name} is no file of the earlier site, and the new one has something of "
                "that name. Expected it elsewhere: move it, and make the site again."
            )

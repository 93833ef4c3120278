"""A site is put in place whole or not at all, and what others put into its folder stays."""

from __future__ import annotations

import pytest

from reports.site import build, pages
from reports.site.content import Site
from tests.helpers import gallery


@pytest.fixture(scope="module")
def site():
    return Site("A gallery", gallery.machines(), ())


def test_a_site_takes_the_place_of_an_earlier_one(site, tmp_path):
    out = tmp_path / "site"
    build.build(site, out)
    stale = ["all-2.html", "machines/0123456789ab.html", "families/no-gpu-3.html", "search/0001.js"]
    for name in stale:
        (out / name).write_text("old")
    build.build(site, out)
    assert not [name for name in stale if (out / name).exists()]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


# Of others: what GitHub Pages needs, a page beside ours, a link, and a folder named like a page.
THEIRS = ("CNAME", ".git/config", ".git/index.html", "about.html", "machines/my notes.html")


def furnish(out, link):
    for name in THEIRS:
        (out / name).parent.mkdir(exist_ok=True)
        (out / name).write_text(name)
    (out / "data").symlink_to(link)


def assert_furnished(out, link):
    for name in THEIRS:
        assert (out / name).read_text() == name
    assert (out / "data").readlink() == link
    assert (link / "figures.csv").read_text() == "mine"


@pytest.fixture
def elsewhere(tmp_path_factory):
    """A folder that a link within the site leads to."""
    folder = tmp_path_factory.mktemp("elsewhere")
    (folder / "figures.csv").write_text("mine")
    return folder


def test_what_others_put_into_a_site_stays(site, tmp_path, elsewhere):
    out = tmp_path / "site"
    build.build(site, out)
    furnish(out, elsewhere)
    build.build(site, out)
    assert_furnished(out, elsewhere)
    (out / build.MARK).write_text('{"files": ["CNAME", ".git/config"]}')  # which asks for nothing
    build.build(Site("A gallery", (), ()), out)  # which has no page of a machine
    assert_furnished(out, elsewhere)
    assert [path.name for path in (out / "machines").iterdir()] == ["my notes.html"]
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_kill_while_things_are_carried_over_loses_none(site, tmp_path, elsewhere):
    out, before = tmp_path / "site", tmp_path / ".site.before"
    build.build(site, out)
    furnish(out, elsewhere)
    out.rename(before)
    build.build(site, tmp_path / "new")
    (tmp_path / "new").rename(out)  # as after the second of two renames
    (before / "CNAME").rename(out / "CNAME")
    build.build(site, out)
    assert_furnished(out, elsewhere)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("name", ["index.html", "machines"])
def test_what_stands_where_a_page_should_is_refused(site, tmp_path, elsewhere, name):
    out = tmp_path / "site"
    build.build(site, out)
    (out / name).rename(tmp_path / "aside")
    (out / name).symlink_to(elsewhere)
    with pytest.raises(build.NoSite, match="no file of the earlier site"):
        build.build(site, out)
    assert (out / name).readlink() == elsewhere
    assert sorted(path.name for path in tmp_path.iterdir()) == ["aside", "site"]


def test_one_that_is_half_written_replaces_none(site, tmp_path, monkeypatch):
    out = tmp_path / "site"
    build.build(site, out)
    before = (out / "index.html").read_bytes()

    def broken(*_):
        raise OSError("the disk is full")

    monkeypatch.setattr(pages, "of_machine", broken)
    with pytest.raises(OSError, match="full"):
        build.build(site, out)
    assert (out / "index.html").read_bytes() == before
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


def test_a_kill_between_two_renames_loses_no_site(site, tmp_path):
    out = tmp_path / "site"
    build.build(site, out)
    out.rename(tmp_path / ".site.before")
    build.build(site, out)
    assert [path.name for path in tmp_path.iterdir()] == ["site"]


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_what_is_no_site_is_left_alone(site, tmp_path, kind):
    out = tmp_path / "thesis"
    if kind == "folder":
        out.mkdir()
        (out / "chapter.txt").write_text("mine")
    else:
        out.write_text("mine")
    with pytest.raises(build.NoSite, match="something else"):
        build.build(site, out)
    assert (out / "chapter.txt" if kind == "folder" else out).read_text() == "mine"

"""A site is whole or not there, the same to the byte, and safe whatever the store holds."""

from __future__ import annotations

import html
import json
import re
from html.parser import HTMLParser

import pytest

from reports.ingest import published
from reports.site import build, choice, pages
from reports.site.content import Site
from tests.helpers import gallery


@pytest.fixture(scope="module")
def quoted():
    return published.every()


@pytest.fixture
def site(quoted):
    return Site("A gallery", gallery.machines(), quoted)


def texts(site):
    return dict(build.files(site))


def test_every_link_leads_somewhere(site, tmp_path):
    build.build(site, tmp_path / "site")
    anchors = {
        path: set(re.findall(r'id="([^"]+)"', path.read_text()))
        for path in (tmp_path / "site").rglob("*.html")
    }
    assert len(anchors) == 3 + 3 + 4
    for path in anchors:
        for link in re.findall(r'(?:href|src)="([^"]*)"', path.read_text()):
            if link.startswith("data:"):
                continue
            name, _, anchor = html.unescape(link).partition("#")
            target = (path.parent / name).resolve() if name else path
            assert target.is_file(), (path, link)
            assert not anchor or anchor in anchors[target], (path, link)


def test_figures_lead_to_runs_and_runs_to_records(site):
    machine = site.machines[0]
    text = texts(site)[f"machines/{machine.id}.html"]
    sha256 = machine.runs[0].sha256
    assert text.count(f'href="#run-{sha256[:16]}"') == len(machine.figures) + 1  # and a crossover
    assert f"./metalbench store fetch STORE {sha256}" in text
    assert "signed: by a key of the list" in text
    assert '<td class="fault">wrong answers</td>' in text


def test_a_store_beside_the_site_is_linked_to(quoted):
    site = Site("A gallery", gallery.machines(), quoted, "my runs")
    machine = site.machines[0]
    sha256 = machine.runs[0].sha256
    address = f"../../my%20runs/runs/{sha256[:2]}/{sha256}.jsonl.gz"
    assert f'href="{address}"' in texts(site)[f"machines/{machine.id}.html"]


def test_published_figures_stand_apart_and_first(site):
    made = texts(site)
    every = made["all.html"]
    assert every.index("published.html#source-1") < every.index("machines/")
    assert made["published.html"].count("<article") == 5
    assert "M1 Max" not in made["families/apple.html"]


def test_the_same_store_makes_the_same_bytes(site, quoted):
    again = Site("A gallery", gallery.machines(), quoted)
    assert texts(site) == texts(again)


def test_of_many_machines_the_first_page_shows_the_newest(quoted):
    runs = [
        gallery.run(
            at % 27, machine_id=gallery.digest(f"m{at}")[:12], sha256=gallery.digest(f"{at}")
        )
        for at in range(40)
    ]
    found = choice.machines(gallery.cells(runs[:1]), runs)
    made = texts(Site("A gallery", found, quoted))
    assert made["index.html"].count('href="machines/') == pages.ON_FIRST_PAGE
    assert made["all.html"].count('href="machines/') == 40


def test_a_family_has_no_column_of_what_none_of_it_ran(quoted):
    runs = [gallery.run(0), gallery.run(1)]
    rows = [gallery.row(runs[0], "mlx", 1.0), gallery.row(runs[1], "torch", 1.0)]
    found = choice.machines(gallery.table(rows), runs)
    made = texts(Site("A gallery", found, quoted))
    assert 'data-of="mlx"' in made["families/apple.html"]
    assert 'data-of="mlx"' not in made["families/nvidia.html"]


def test_a_machine_in_doubt_is_listed_and_says_why(quoted):
    runs = [gallery.run(0), gallery.run(3, against=True, reason="it is beyond physics")]
    made = texts(Site("A gallery", choice.machines(gallery.cells(runs), runs), quoted))
    assert made["families/apple.html"].count("no figure that counts") == 1
    assert "it is beyond physics" in made[f"machines/{runs[1].machine_id}.html"]


def test_long_lists_are_cut_into_pages(site, monkeypatch):
    monkeypatch.setattr(pages, "ON_A_LIST", 2)
    made = texts(site)
    assert made["all-2.html"].count('href="machines/') == 1
    assert 'href="all-2.html"' in made["all.html"]


def test_an_empty_store_has_a_site_too(quoted):
    made = texts(Site("A gallery", (), quoted))
    assert "0 machines" in made["all.html"]


# --- in its place -----------------------------------------------------------------------------


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


def test_what_others_put_into_a_site_stays(site, quoted, tmp_path, elsewhere):
    out = tmp_path / "site"
    build.build(site, out)
    furnish(out, elsewhere)
    build.build(site, out)
    assert_furnished(out, elsewhere)
    (out / build.MARK).write_text('{"files": ["CNAME", ".git/config"]}')  # which asks for nothing
    build.build(Site("A gallery", (), quoted), out)  # which has no page of a machine
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


# --- whatever the store holds -----------------------------------------------------------------

ATTACK = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)> {{ 7 * 7 }} </script>"


def hostile():
    run = gallery.run(0, label=ATTACK, chip=ATTACK, gpu=ATTACK, system=ATTACK, run=ATTACK)
    run = gallery.run(0, **{**vars(run), "tier": ATTACK, "reason": ATTACK, "received_at": ATTACK})
    rows = [
        gallery.row(
            run,
            ATTACK,
            1.0,
            size=size,
            **dict.fromkeys(("suite", "name", "size_of", "precision", "version", "spec"), ATTACK),
            execution=ATTACK,
            device_kind=kind,
        )
        for size in (1, 2)
        for kind in ("cpu", "gpu")
    ]
    return choice.machines(gallery.table(rows), [run])


class Tags(HTMLParser):
    """What a page is made of, as a browser takes it."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.names, self.attributes, self.scripts = set[str](), set[str](), []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.names.add(tag)
        self.attributes |= {name for name, _ in attrs}
        if tag == "script":
            self.scripts.append(dict(attrs).get("src"))


def test_markup_would_be_found():
    tags = Tags("<p><img src=x onerror=y><script>1</script>")
    assert "img" in tags.names
    assert "onerror" in tags.attributes
    assert tags.scripts == [None]


def test_nothing_that_a_store_holds_becomes_markup(quoted):
    made = texts(Site(ATTACK, hostile(), quoted))
    for name, text in made.items():
        if name.endswith(".html"):
            tags = Tags(text)
            assert "img" not in tags.names, name
            assert not [each for each in tags.attributes if each.startswith("on")], name
            assert {"search.js", "tables.js", "../tables.js"} >= set(tags.scripts), name
    data = made["search/0000.js"]
    assert "<" not in data
    assert json.loads(data[len("metalbenchFound(") : -3])[0][1].startswith("<script>")


def test_names_of_files_are_ours(quoted, monkeypatch):
    monkeypatch.setattr(pages, "ON_A_LIST", 2)
    monkeypatch.setattr(pages, "ON_A_PAGE", 1)
    runs = [gallery.run(at, gpu=gpu) for at, gpu in enumerate((*gallery.GPUS, "AMD Radeon", "Arc"))]
    every = choice.machines(gallery.cells(runs), runs)
    for machines in (every, hostile()):
        for name in texts(Site(ATTACK, machines, quoted)):
            assert build._OWN.fullmatch(name), name
            assert name.rpartition("/")[0] in {"", *build._FOLDERS}

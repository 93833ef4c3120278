"""A site is the same to the byte, and safe whatever the store holds; its links lead somewhere."""

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


def test_kinds_of_machine_are_compared_where_there_are_two(quoted):
    for gpus in (gallery.GPUS[:1], ("Apple M4 Max", "Apple M4 Pro")):
        runs = [gallery.run(at, gpu=gpu) for at, gpu in enumerate(gpus)]
        found = choice.machines(gallery.cells(runs), runs)
        page = texts(Site("A gallery", found, quoted))["families/apple.html"]
        assert ("The machines compared" in page) == (len(gpus) > 1)
        assert page.count('class="places"') == 1


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

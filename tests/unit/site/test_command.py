"""The command `site` on a store of made-up runs: from pushed records to a page."""

from __future__ import annotations

import dataclasses
import re
import shutil
from datetime import UTC, datetime

import pytest
from msgspec import structs

from bench.commands.store import site
from bench.store import beside, layout, manifest, objects, places
from bench.trust import signing
from bench.values import BadValue
from reports.site import build
from reports.store.tables import compaction
from scripts.synthetic_store.runs import fill
from tests.helpers import forged, sent_runs


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """Of three machines, in `runs`."""
    folder = tmp_path_factory.mktemp("gallery") / "runs"
    place = places.at(str(folder))
    fill(place, 3, 1)
    compaction.compact(place, now=datetime(2027, 1, 1, tzinfo=UTC))
    return folder


def asked(store, out, trust=""):
    return site.SiteOptions(str(store), out, trust, None, "Our machines")


def test_a_store_becomes_a_site_whose_links_lead_to_its_records(store):
    out = store.parent / "site"
    assert site.run(asked(store, out)) == 0
    pages = list((out / "machines").glob("*.html"))
    assert len(pages) == 3
    for page in pages:
        (link,) = re.findall(r'href="([^"]+\.jsonl\.gz)"', page.read_text())
        record = (page.parent / link).resolve()
        assert record.is_relative_to(store)
        assert record.is_file()
    text = (out / "index.html").read_text()
    assert "<h1>Our machines</h1>" in text
    assert text.count('href="machines/') == 3


def test_figures_and_identities_are_those_of_the_records_whatever_the_tables_say(store, tmp_path):
    """Who can write to a store can write its tables; the records he can only lose."""
    assert site.run(asked(store, tmp_path / "true" / "site")) == 0
    shutil.copytree(store, tmp_path / "runs")
    place = places.at(str(tmp_path / "runs"))
    for name in ("time_s", "low_s", "high_s"):
        forged.table(place, "cells", forged.scaled(name, 1e-3))
    forged.table(place, "machines", lambda found: found.slice(0, 0))
    assert site.run(asked(tmp_path / "runs", tmp_path / "forged" / "site")) == 0
    true, other = (
        {path.name: path.read_bytes() for path in (tmp_path / name).rglob("*.html")}
        for name in ("true", "forged")
    )
    assert len(true) > 3
    assert other == true


def test_what_an_entry_says_of_a_machine_does_not_count_and_a_damaged_one_is_told(
    store, tmp_path, capsys
):
    shutil.copytree(store, tmp_path / "runs")
    place = places.at(str(tmp_path / "runs"))
    entry, other = manifest.read(place).entries[:2]
    lying = structs.replace(entry, machine_id=other.machine_id, machine="Mine", chip="A chip")
    month = layout.month(entry.received)
    place.put(layout.entry(month, entry.sha256), manifest.encode(lying))
    assert site.run(asked(tmp_path / "runs", tmp_path / "site")) == 0
    assert "3 machines" in (tmp_path / "site" / "all.html").read_text()
    page = (tmp_path / "site" / "machines" / f"{entry.machine_id}.html").read_text()
    assert "A chip" not in page
    place.put(layout.entry(month, entry.sha256), b"{}")
    assert site.run(asked(tmp_path / "runs", tmp_path / "site")) == 1
    assert "1 run left out" in capsys.readouterr().err


@pytest.mark.parametrize("where", ["elsewhere", "a folder above"])
def test_no_page_says_where_a_store_elsewhere_lies(store, tmp_path, where):
    out = tmp_path / "site" if where == "elsewhere" else store.parent.parent / f"{tmp_path.name}-s"
    assert site.run(asked(store, out)) == 0
    for page in out.rglob("*.html"):
        assert store.parent.name not in page.read_text()
        assert ".jsonl.gz" not in page.read_text()


def test_only_what_is_trusted_enough_is_shown(store, tmp_path):
    assert site.run(asked(store, tmp_path / "site", "signed")) == 0
    text = (tmp_path / "site" / "all.html").read_text()
    assert "0 machines" in text
    assert site.run(asked(store, tmp_path / "site", "intact")) == 0
    assert "3 machines" in (tmp_path / "site" / "all.html").read_text()


@pytest.mark.skipif(not shutil.which("ssh-keygen"), reason="no ssh-keygen here")
def test_what_a_key_of_the_list_signed_is_shown_alone(store, tmp_path):
    place, key = places.at(str(store)), sent_runs.key(tmp_path, "own")
    sha256 = next(store.glob("runs/*/*.gz")).name[:64]
    signature = signing.sign([objects.fetch(place, sha256)], key)
    beside.put(place, sha256, ".sig", "0" * 64, signature)
    options = asked(store, tmp_path / "site", "signed")
    signers = sent_runs.listed(tmp_path / "signers", key)
    assert site.run(dataclasses.replace(options, signers=signers)) == 0
    (page,) = (tmp_path / "site" / "machines").glob("*.html")
    assert sha256 in page.read_text()
    assert "that are signed at least" in (tmp_path / "site" / "index.html").read_text()


def test_a_run_whose_records_are_gone_is_told_and_not_shown(store, tmp_path, capsys):
    place = places.at(str(store))
    sha256 = next(store.glob("runs/*/*.gz")).name[:64]
    kept = place.get(layout.run(sha256), 2**24)
    place.remove(layout.run(sha256))
    try:
        assert site.run(asked(store, tmp_path / "site")) == 1
    finally:
        place.put(layout.run(sha256), kept)
    assert "1 run left out" in capsys.readouterr().err
    assert "2 machines" in (tmp_path / "site" / "all.html").read_text()


def test_a_folder_of_something_else_is_refused_before_anything_is_read(store, tmp_path):
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(build.NoSite, match="something else"):
        site.run(asked(store.parent / "no store", tmp_path))


def test_a_store_within_the_site_is_refused(store):
    with pytest.raises(BadValue, match="replace as a whole"):
        site.run(asked(store, store.parent))
    with pytest.raises(BadValue, match="trust"):
        site.run(asked(store, store.parent / "site", "cosy"))

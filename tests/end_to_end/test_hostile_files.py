"""Every file that a report, a comparison or an export writes, of a run all texts of which attack:
its own reader takes it, and in a real browser nothing runs and nothing is asked for."""

from __future__ import annotations

import csv
import json
import os
import shutil
import unicodedata
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import markdown_it
import msgspec
import pandas as pd
import PIL.Image
import pytest

from reports import build, content
from reports.compare import as_html, as_json, as_markdown, sides
from reports.compare.comparison import compare
from reports.compare.fail_on import outcome, parse
from reports.exports import exported
from reports.exports.registry import FORMATS
from reports.frame import read
from reports.render import html, markdown
from reports.share import as_markdown as share
from reports.share import summary
from tests.helpers import hostile_text
from tests.unit.exports.readers import READERS

CASES = 11
"""Of each of the two contenders; one cell of the second failed."""

VERIFIED = 2 * CASES - 1

PAGES = ("report.html", "comparison.html", "fleet.html", "unpaired.html")
WORDS = ("report.md", markdown.TABLES, "summary.md", "comparison.md", "fleet.md")
TEXTS = (
    *(
        *PAGES,
        *WORDS,
        "cells.csv",
        "badge.svg",
        "card.svg",
        "summary.json",
        "fleet.json",
        "comparison.json",
    ),
    *(f"{name}.export" for name in FORMATS),
)


@pytest.fixture(scope="module", params=hostile_text.ATTACKS)
def made(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with all files there are."""
    folder = tmp_path_factory.mktemp(request.param)
    path = hostile_text.run(folder, hostile_text.ATTACKS[request.param])
    out = folder / "out"
    built = build.build([path], out, published=False)
    assert not built.left_out, "the attack is in no record"
    _compare(path, out)
    for name, each in FORMATS.items():
        text = each.render(exported.of(read([path]), path))
        (out / f"{name}.export").write_text(text, encoding="utf-8", newline="")
    second = hostile_text.run(folder, hostile_text.ATTACKS[request.param], machine=1)
    _fleet([path, second], out)
    return out


def _fleet(paths: list[Path], out: Path) -> None:
    """What several machines have of their own."""
    several = content.make(read(paths))
    assert several.fleet is not None
    (out / "fleet.html").write_text(html.render(several, {}), encoding="utf-8", newline="")
    (out / "fleet.md").write_text(share.render(several), encoding="utf-8", newline="")
    a, b = sides.load(paths[0], paths[1], "", "")
    unpaired = compare(a, b, threshold=0.01, named=False, across=["machines"])
    page = as_html.render(unpaired, outcome(unpaired, ()), ())
    (out / "unpaired.html").write_text(page, encoding="utf-8", newline="")
    (out / "fleet.json").write_bytes(summary.render(summary.make(several, "")))


def _compare(path: Path, out: Path) -> None:
    a, b = sides.load(path, None, "", "")
    comparison = compare(a, b, threshold=0.01, named=True)
    gates = parse("slower:3%", 0.01)
    for name, render in (
        ("comparison.html", as_html.render),
        ("comparison.md", as_markdown.render),
        ("comparison.json", as_json.render),
    ):
        text = render(comparison, outcome(comparison, gates), gates)
        (out / name).write_text(text, encoding="utf-8", newline="")


def test_no_text_steers_a_terminal_or_turns_round(made: Path) -> None:
    for name in TEXTS:
        text = (made / name).read_bytes().decode("utf-8")
        bad = {c for c in text if unicodedata.category(c) in ("Cc", "Cf", "Cs", "Zl", "Zp")}
        assert bad <= {"\n", "\u200d"}, name


def test_nothing_grows_beyond_what_is_passed_on(made: Path) -> None:
    for name in PAGES:
        assert (made / name).stat().st_size < 1_500_000, name
    assert (made / "report.md").stat().st_size < 60_000
    assert (made / "summary.md").stat().st_size < 60_000
    assert (made / "comparison.md").stat().st_size < 60_000
    assert (made / "badge.svg").stat().st_size < 5_000
    assert len((made / "summary.md").read_text().splitlines()) <= 25


def test_tables_keep_their_rows_and_hold_no_formula(made: Path) -> None:
    with (made / "cells.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file, strict=True)
    assert len(rows) == 2 * CASES
    assert {len(row) for row in rows} == {len(head)}
    frame = pd.read_parquet(made / "cells.parquet")
    assert len(frame) == 2 * CASES
    texts = [
        row[at]
        for row in rows
        for at, name in enumerate(head)
        if not pd.api.types.is_numeric_dtype(frame[name])
    ]
    assert texts
    # An apostrophe before it makes a spreadsheet show it as it is.
    assert not [text for text in texts if text[:1] in tuple("=+-@\t\r\n\uff1d")]


def test_programs_find_all_cells(made: Path) -> None:
    found = msgspec.json.decode((made / "summary.json").read_bytes(), type=summary.Summary)
    (run,) = found.runs
    several = msgspec.json.decode((made / "fleet.json").read_bytes(), type=summary.Summary)
    assert several.fleet is not None
    assert [len(row.places) for row in several.fleet.machines] == [CASES, CASES]
    assert sum(len(case.times) for case in run.cases) == VERIFIED
    told = json.loads((made / "comparison.json").read_text("ascii"))
    assert (len(told["cases"]), len(told["excluded"])) == (CASES - 1, 1)
    for name, reader in READERS.items():
        names = reader((made / f"{name}.export").read_bytes().decode("utf-8"))
        assert len(set(names)) == len(names) == VERIFIED, name


def test_pictures_are_pictures_and_say_nothing_more(made: Path) -> None:
    with PIL.Image.open(made / "card.png") as picture:
        picture.load()
        assert (picture.format, picture.size) == ("PNG", (1200, 630))
        assert not [name for name in picture.info if name != "dpi"]
    for path in _svgs(made):
        assert "<!ENTITY" not in path.read_text(encoding="utf-8"), path.name
        for each in ElementTree.parse(path).iter():
            assert each.tag.rpartition("}")[2] not in ("script", "foreignObject", "a", "image")
            assert not [name for name in each.attrib if name.startswith("on")]
            for name, value in each.attrib.items():
                assert not name.endswith("href") or value.startswith("#"), path.name


def _svgs(made: Path) -> list[Path]:
    return [made / "card.svg", made / "badge.svg", *sorted((made / "figures").glob("*.svg"))]


# --- in a browser -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not here")
    names = ("chromium", "chromium-browser", "google-chrome")
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if found is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is on the PATH")
    with sync_api.sync_playwright() as playwright:
        flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        running = playwright.chromium.launch(executable_path=found, args=flags)
        yield running
        running.close()


IMPOSED = """() => [
  ...[...document.querySelectorAll('script')].slice(ALLOWED).map(e => e.outerHTML),
  ...[...document.querySelectorAll('*')].flatMap(e => [...e.attributes]
      .filter(a => a.name.startsWith('on') || /^\\s*(javascript|vbscript):/i.test(a.value))
      .map(a => a.name + '=' + a.value)),
  ...[...document.querySelectorAll('iframe,object,embed,base,form,foreignObject')]
      .map(e => e.outerHTML),
  ...('pwned' in window ? ['it ran'] : []),
]"""
"""What a page would hold, or have run, that nobody wrote."""


def _opened(browser: Any, path: Path, scripts: int) -> list[str]:
    """Whatever is wrong with the page: what it says, asks for and holds."""
    page = browser.new_page()
    wrong: list[str] = []
    page.on("console", lambda message: wrong.append(f"said {message.text}"))
    page.on("pageerror", lambda error: wrong.append(f"raised {error}"))
    page.on("dialog", lambda dialog: wrong.append(f"asked {dialog.message}"))
    page.on(
        "request",
        lambda request: (
            None if request.url.startswith(("data:", "file:")) else wrong.append(request.url)
        ),
    )
    page.goto(path.as_uri())
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")
    wrong += page.evaluate(IMPOSED.replace("ALLOWED", str(scripts)))
    page.close()
    return wrong


def test_nothing_runs_in_a_browser(browser: Any, made: Path) -> None:
    for name in PAGES:
        assert _opened(browser, made / name, scripts=1) == [], name
    for path in _svgs(made):
        assert _opened(browser, path, scripts=0) == [], path.name


def test_nothing_runs_in_markdown_shown_as_a_page(browser: Any, made: Path) -> None:
    """With HTML let through and links found, more than any code host does."""
    parser = markdown_it.MarkdownIt("commonmark", {"html": True}).enable(["table", "strikethrough"])
    for name in WORDS:
        path = made / f"{name}.html"
        body = parser.render((made / name).read_text(encoding="utf-8"))
        path.write_text(f'<!doctype html><meta charset="utf-8">{body}', encoding="utf-8")
        assert _opened(browser, path, scripts=0) == [], name


@pytest.mark.parametrize(
    "body",
    [
        "<script>window.pwned = 1</script>",
        '<img src="x" onerror="window.pwned = 1">',
        '<a href=" javascript:alert(1)">x</a>',
        '<img src="http://127.0.0.1:9/x.png">',
        "<iframe></iframe>",
    ],
)
def test_what_runs_is_found(browser: Any, tmp_path: Path, body: str) -> None:
    path = tmp_path / "page.html"
    path.write_text(f"<!doctype html>{body}", encoding="utf-8")
    assert _opened(browser, path, scripts=0)


def test_a_picture_that_runs_is_found(browser: Any, tmp_path: Path) -> None:
    path = tmp_path / "x.svg"
    path.write_text('<svg xmlns="http://www.w3.org/2000/svg" onload="window.pwned = 1"/>')
    assert "it ran" in _opened(browser, path, scripts=0)

"""The report in a real browser: it does what it says, asks the network for nothing, and fits."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from bench.schema import Run
from reports import build
from tests.helpers import builders

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="playwright is not in this environment: make check builds it"
)

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
FOUND = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)

pytestmark = pytest.mark.skipif(
    FOUND is None, reason=f"no browser: none of {', '.join(BROWSERS)} is on the PATH"
)

FLAGS = [
    *("--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
]
WIDTHS = (360, 1440)


def other_machine(lines):
    """The same run on a machine that is slower by half and has other bytes of memory."""
    head, *rest = lines
    machine = replace_struct(head.machine, label="Other CPU, 8 GiB", memory_bytes=8 * 2**30)
    head = replace_struct(head, machine=machine, run="20261121-090000-cd34")
    slower = [
        replace_struct(line, samples_s=tuple(1.5 * s for s in line.samples_s))
        if hasattr(line, "samples_s")
        else line
        for line in rest
    ]
    return [head, *slower]


replace_struct = msgspec.structs.replace


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """A report on two machines and the published figures, with one wrong cell."""
    folder = tmp_path_factory.mktemp("page")
    twin = replace(builders.FIVE[3], spec="jax==0.4.38", version="0.4.38", flop_per_s=300e9)
    lines = builders.run((*builders.FIVE, twin, builders.NULL), wrong=[("tf", "matmul/square/256")])
    assert isinstance(lines[0], Run)
    paths = [
        builders.write(folder / "one" / "records.jsonl", lines),
        builders.write(folder / "two" / "records.jsonl", other_machine(lines)),
    ]
    return build.build(paths, folder / "out").html


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        running = playwright.chromium.launch(executable_path=FOUND, args=FLAGS)
        yield running
        running.close()


class Opened:
    """A page, with everything it said and asked for."""

    def __init__(self, browser, path: Path, width: int = 1440, **options) -> None:
        self.said: list[str] = []
        self.asked: list[str] = []
        self.page = browser.new_page(viewport={"width": width, "height": 900}, **options)
        self.page.on("console", lambda message: self.said.append(message.text))
        self.page.on("pageerror", lambda error: self.said.append(str(error)))
        self.page.on("request", lambda request: self.asked.append(request.url))
        self.page.goto(path.as_uri())


@pytest.fixture
def opened(browser, report):
    it = Opened(browser, report)
    yield it.page
    it.page.close()


def unfold(page) -> None:
    page.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)")


def test_it_says_nothing_to_the_console_and_asks_for_nothing(browser, report):
    it = Opened(browser, report)
    unfold(it.page)
    assert it.said == []
    assert [url for url in it.asked if not url.startswith("data:")] == [report.as_uri()]
    it.page.close()


def test_a_page_that_complains_or_asks_is_found(browser, tmp_path):
    path = tmp_path / "page.html"
    path.write_text('<img src="http://127.0.0.1:9/x.png"><script>console.error("no")</script>')
    it = Opened(browser, path)
    assert "no" in it.said
    assert len(it.asked) == 2
    it.page.close()


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_nothing_overflows(browser, report, width, scheme):
    it = Opened(browser, report, width, color_scheme=scheme)
    unfold(it.page)
    wide = it.page.evaluate(
        """() => [...document.querySelectorAll('body *')]
            .filter(e => !e.closest('.scroll') && !e.closest('svg') && !e.closest('pre'))
            .filter(e => e.getBoundingClientRect().right > innerWidth + 1)
            .map(e => e.tagName + ' ' + e.className + ' ' + e.textContent.slice(0, 40))"""
    )
    assert wide == []
    assert it.page.evaluate("document.documentElement.scrollWidth") <= width
    it.page.close()


def column(page, table, at: int) -> list[str]:
    return table.evaluate(
        "(t, at) => [...t.tBodies[0].rows].filter(r => !r.hidden).map(r => r.cells[at].innerText)",
        at,
    )


def values(table, at: int) -> list[float]:
    return table.evaluate(
        "(t, at) => [...t.tBodies[0].rows].map(r => Number(r.cells[at].dataset.v))", at
    )


def test_tables_sort_by_value_both_ways(opened):
    table = opened.locator("#ranking-1-1 table.details")
    unfold(opened)
    times = values(table, 4)
    assert times != sorted(times)
    head = table.locator("thead th").nth(4)
    head.locator("button").click()
    assert values(table, 4) == sorted(times)
    assert head.get_attribute("aria-sort") == "ascending"
    head.locator("button").click()
    assert values(table, 4) == sorted(times, reverse=True)
    names = table.locator("thead th").nth(1)
    names.locator("button").click()
    assert column(opened, table, 1) == sorted(column(opened, table, 1))
    assert head.get_attribute("aria-sort") is None


def test_tables_filter_and_say_how_many(opened):
    unfold(opened)
    part = opened.locator("#ranking-1-1")
    table, box = part.locator("table.details"), part.locator("details input[type=search]")
    every = len(column(opened, table, 1))
    box.fill("JAX 1024")
    assert {name.split("=")[0] for name in column(opened, table, 1)} == {"jax"}
    assert part.locator(".count").inner_text() == f"2 of {every}"
    box.fill("no such thing")
    assert column(opened, table, 1) == []
    box.fill("")
    assert len(column(opened, table, 1)) == every


def test_series_are_highlighted_and_hidden(opened):
    unfold(opened)
    figure = opened.locator("#latency-1 figure").first
    key = figure.get_attribute("data-chart")
    item = figure.locator(".legend li").nth(3)
    style = "(f, [k, n, p]) => f.querySelector(`#${k}-s${n}-line`).style[p]"
    item.locator(".choose").click()
    opened.mouse.move(0, 0)
    assert figure.evaluate(style, [key, 3, "opacity"]) == ""
    assert figure.evaluate(style, [key, 0, "opacity"]) == "0.12"
    assert item.locator(".choose").get_attribute("aria-pressed") == "true"
    item.locator(".choose").click()
    opened.mouse.move(0, 0)
    assert figure.evaluate(style, [key, 0, "opacity"]) == ""
    item.locator(".hide").click()
    assert figure.evaluate(style, [key, 3, "display"]) == "none"
    assert not figure.locator(f"#{key}-s3-line").is_visible()
    item.locator(".hide").click()
    assert figure.locator(f"#{key}-s3-line").is_visible()


def test_the_baseline_can_be_chosen(opened):
    unfold(opened)
    part = opened.locator("#machines-common")
    rows = part.locator("tbody tr")
    assert "baseline" in rows.nth(0).locator("td").nth(1).inner_text()
    assert "slower" in rows.nth(1).locator("td").nth(1).inner_text()
    part.locator("select").select_option("1")
    assert "faster" in rows.nth(0).locator("td").nth(1).inner_text()
    assert "baseline" in rows.nth(1).locator("td").nth(1).inner_text()


def test_every_finding_can_be_linked_to(opened):
    links = opened.locator(".findings a")
    assert links.count() >= 4
    for at in range(links.count()):
        target = links.nth(at).get_attribute("href")
        assert opened.locator(f".findings li{target}").count() == 1


def test_paper_shows_what_is_folded(opened):
    opened.emulate_media(media="print")
    opened.evaluate("dispatchEvent(new Event('beforeprint'))")
    assert opened.locator("details:not([open])").count() == 0
    assert not opened.locator(".tools").first.is_visible()
    opened.set_viewport_size({"width": 720, "height": 900})  # A4 less its margins
    wide = "[...document.querySelectorAll('table')].filter(t => t.offsetWidth > innerWidth).length"
    assert opened.evaluate(wide) == 0
    opened.evaluate("dispatchEvent(new Event('afterprint'))")
    assert opened.locator("details[open]").count() == 0


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe_finds_nothing_serious(browser, report, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not here")
    # The page's own policy forbids any script but its own; axe is one.
    it = Opened(browser, report, color_scheme=scheme, bypass_csp=True)
    unfold(it.page)
    found = axe.Axe().run(it.page).response["violations"]
    grave = [
        (each["id"], each["nodes"][0]["html"][:200])
        for each in found
        if each["impact"] in ("serious", "critical")
    ]
    assert grave == []
    it.page.close()


def test_axe_would_find_something(browser, tmp_path):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not here")
    path = tmp_path / "page.html"
    path.write_text('<html lang="en"><title>x</title><button></button></html>')
    it = Opened(browser, path)
    assert any(e["impact"] == "critical" for e in axe.Axe().run(it.page).response["violations"])
    it.page.close()


def test_a_script_of_a_record_never_runs(browser, tmp_path):
    attack = "<img src=x onerror=\"document.title='run'\"><script>document.title='run'</script>"
    head, *rest = builders.run(builders.FIVE[:2])
    assert isinstance(head, Run)
    machine = replace_struct(head.machine, label=attack, cpu=attack)
    contenders = tuple(replace_struct(c, spec=attack + c.spec) for c in head.contenders)
    lines = [replace_struct(head, machine=machine, contenders=contenders, run=attack), *rest]
    made = build.build([builders.write(tmp_path / "records.jsonl", lines)], tmp_path / "out")
    it = Opened(browser, made.html)
    assert it.page.title().endswith(": Metalbench")
    assert it.said == []
    assert len([url for url in it.asked if not url.startswith("data:")]) == 1
    it.page.close()

"""A site in a real browser, from a folder, without a server: it finds, it fits, it asks nobody."""

from __future__ import annotations

import pytest

from reports.ingest import published
from reports.site import build, pages
from reports.site.content import Site
from tests.end_to_end.test_page import Opened, browser, pytestmark, unfold  # noqa: F401
from tests.helpers import gallery


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    out = tmp_path_factory.mktemp("gallery") / "site"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(pages, "ON_A_LIST", 2)  # so that a list has several pages
        build.build(Site("A gallery", gallery.machines(), published.every()), out)
    return out


def found(page, words: str) -> list[str]:
    page.locator("#words").fill(words)
    page.wait_for_function("!document.getElementById('count').textContent.includes('Looking')")
    return page.locator("#found a").all_inner_texts()


def test_the_search_finds_by_chip_gpu_framework_and_version(browser, folder):  # noqa: F811
    it = Opened(browser, folder / "index.html")
    apple, nvidia, amd = "Apple M4 Max, 64 GiB", "Intel Xeon Platinum 8480+, 64 GiB", "AMD EPYC"
    assert found(it.page, "m4 MAX") == [apple]
    assert found(it.page, "h100") == [nvidia]
    assert found(it.page, "epyc")[0].startswith(amd)
    assert len(found(it.page, "torch 2.6")) == 3
    assert found(it.page, "torch 9.9") == []
    assert it.page.locator("#count").inner_text() == "0 machines"
    assert found(it.page, "torch==2.6.0 h100") == [nvidia]
    it.page.locator("#found a").click()
    assert it.page.title() == f"{nvidia}: A gallery"
    assert it.page.locator("h1").inner_text() == nvidia
    assert it.said == []
    assert all(url.startswith((folder.as_uri(), "data:")) for url in it.asked)
    it.page.close()


def test_without_scripts_every_machine_is_a_link_away(browser, folder):  # noqa: F811
    it = Opened(browser, folder / "index.html", java_script_enabled=False)
    assert not it.page.locator("#search").is_visible()
    it.page.locator("nav a", has_text="All machines").click()
    assert it.page.locator("main a[href^='machines/']").count() == 2
    it.page.get_by_role("link", name="page 2").first.click()
    assert it.page.locator("main a[href^='machines/']").count() == 1
    it.page.close()


@pytest.mark.parametrize(("width", "scheme"), [(360, "dark"), (1440, "light")])
def test_every_kind_of_page_fits_and_axe_finds_nothing(browser, folder, width, scheme):  # noqa: F811
    axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not here")
    kinds = [*folder.glob("*.html"), *sorted(folder.glob("*/*.html"))[:1], *machine(folder)]
    for path in kinds:
        # The page's own policy forbids any script but its own; axe is one.
        it = Opened(browser, path, width, color_scheme=scheme, bypass_csp=True)
        unfold(it.page)
        assert it.said == []
        assert it.page.evaluate("document.documentElement.scrollWidth") <= width, path.name
        violations = axe.Axe().run(it.page).response["violations"]
        assert [(each["id"], each["nodes"][0]["html"][:200]) for each in violations] == []
        it.page.close()


def machine(folder):
    return sorted(folder.glob("machines/*.html"))[:1]

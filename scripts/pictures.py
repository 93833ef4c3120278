"""`python -m scripts.pictures RUN`: the pictures of README and docs, from a real run's report."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

PICTURES = Path(__file__).parents[1] / "docs" / "pictures"
WIDTH, HEIGHT = 1060, 1560
"""As much of the report's top as a reader looks at."""
SCREEN = 0.42
"""Share of that height that README shows."""


def main() -> None:
    """Open the report of the run folder and write the pictures."""
    from playwright.sync_api import sync_playwright

    report = Path(sys.argv[1], "report.html").resolve()
    PICTURES.mkdir(exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"),
            args=["--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        page = browser.new_page(
            viewport={"width": WIDTH, "height": HEIGHT}, device_scale_factor=1.5
        )
        page.goto(report.as_uri())
        page.screenshot(path=PICTURES / "report.png")
        page.screenshot(
            path=PICTURES / "answer.png",
            clip={"x": 0, "y": 0, "width": WIDTH, "height": SCREEN * HEIGHT},
        )
        browser.close()


if __name__ == "__main__":
    main()

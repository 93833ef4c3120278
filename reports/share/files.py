"""The files beside a report that people pass on, and how the page itself hands them out."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from reports.content import Content
from reports.frame import Results
from reports.render import cells_csv
from reports.render.page import Offer, packed
from reports.share import as_markdown, badge, card, summary

INLINE_BYTES = 300_000
"""Files up to this are in the page too, which then works without those beside it."""


@dataclass(frozen=True)
class Source:
    """What the files are made of."""

    results: Results
    content: Content
    reason: str
    """Why the exit code is 1; empty where nothing is wrong."""

    @cached_property
    def card(self) -> card.Card:
        """Drawn once for both its files."""
        return card.draw(self.content)


def _parquet(cells: pd.DataFrame, path: Path) -> None:
    with path.open("wb") as file:  # pandas takes a path that is not UTF-8, or begins with ~, amiss
        cells.to_parquet(file, index=False)


FILES: dict[str, Callable[[Source, Path], object]] = {
    "cells.csv": lambda of, path: cells_csv.write(of.results.cells, path),
    "cells.parquet": lambda of, path: _parquet(of.results.cells, path),
    "summary.json": lambda of, path: path.write_bytes(
        summary.render(summary.make(of.content, of.reason))
    ),
    "summary.md": lambda of, path: path.write_text(as_markdown.render(of.content), "utf-8"),
    "card.svg": lambda of, path: path.write_bytes(of.card.svg),
    "card.png": lambda of, path: path.write_bytes(of.card.png),
    "badge.svg": lambda of, path: path.write_text(badge.render(of.content), "utf-8"),
}
"""What writes each."""

_OFFERED = {
    "summary.md": ("Markdown", "text/markdown;charset=utf-8"),
    "card.png": ("Picture", "image/png"),
    "cells.csv": ("CSV", "text/csv;charset=utf-8"),
    "summary.json": ("JSON", "application/json"),
}


def offers(folder: Path) -> Iterator[Offer]:
    """Those of the files that were written."""
    for name, (label, kind) in _OFFERED.items():
        path = folder / name
        if not path.exists():
            continue
        if path.stat().st_size > INLINE_BYTES:
            yield Offer(label, name, name)
        else:
            yield packed(label, name, kind, path.read_bytes())

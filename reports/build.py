"""A report from record files: HTML, Markdown with its figures, and the frame as CSV and Parquet."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import charts, content, html, markdown
from reports.content import Content
from reports.frame import Results, load


@dataclass(frozen=True)
class Built:
    """What was written."""

    content: Content
    html: Path
    markdown: Path
    csv: Path
    parquet: Path


def build(paths: Sequence[Path], out: Path) -> Built:
    """Report on the records at `paths` in the folder `out`. Raises NotRecords, OSError.

    Every file is complete when it appears: all are written aside first, then renamed into place.
    """
    results = load(paths)
    made = content.make(results)
    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".report-", dir=out) as aside:
        _write(results, made, Path(aside))
        for file in sorted(path for path in Path(aside).rglob("*") if path.is_file()):
            target = out / file.relative_to(aside)
            target.parent.mkdir(exist_ok=True)
            file.replace(target)
    return Built(
        content=made,
        html=out / "report.html",
        markdown=out / "report.md",
        csv=out / "cells.csv",
        parquet=out / "cells.parquet",
    )


def _write(results: Results, made: Content, folder: Path) -> None:
    drawn = charts.illustrate(made)
    (folder / "report.html").write_text(html.render(made, drawn), encoding="utf-8")
    (folder / "report.md").write_text(markdown.render(made, drawn), encoding="utf-8")
    figures = folder / markdown.FIGURES
    figures.mkdir()
    for chart in (chart for of_ranking in drawn.values() for chart in of_ranking):
        (figures / f"{chart.key}.svg").write_text(chart.standalone, encoding="utf-8")
    results.cells.to_csv(folder / "cells.csv", index=False)
    results.cells.to_parquet(folder / "cells.parquet", index=False)

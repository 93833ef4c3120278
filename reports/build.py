"""A report from record files: HTML, Markdown with its figures, and the frame as CSV and Parquet."""

from __future__ import annotations

import contextlib
import gc
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import content
from reports.content import Content
from reports.frame import Results, read
from reports.front import tally
from reports.front.tally import Tally
from reports.ingest.reading import LeftOut
from reports.render import charts, html, markdown


@dataclass(frozen=True)
class Built:
    """What was written."""

    content: Content
    html: Path
    markdown: Path
    csv: Path
    parquet: Path
    left_out: Sequence[LeftOut]
    """What the files held that could not be used."""
    tallies: Mapping[str, Tally]
    """How many cells of each contender came to what, by run."""

    @property
    def untimed(self) -> bool:
        """Whether a time is beyond belief; some only the report finds so, by a device's bound."""
        return any(finding.severity == "untimed" for finding in self.content.findings)


def build(
    paths: Sequence[Path], out: Path, *, published: bool = True, baseline: str | None = None
) -> Built:
    """Report on the records at `paths` in the folder `out`.

    With `published`, figures from elsewhere stand beside them; machines are compared with the one
    whose name contains `baseline`. Every file is complete when it appears: all are written aside
    first, then renamed into place. Raises NotRecords, NoSuchMachine, OSError.
    """
    with _uncollected():
        results = read(paths, published)
        made = content.make(results, baseline)
    out.mkdir(parents=True, exist_ok=True)
    with _uncollected(), tempfile.TemporaryDirectory(prefix=".report-", dir=out) as aside:
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
        left_out=results.left_out,
        tallies=tally.tally(results),
    )


@contextlib.contextmanager
def _uncollected() -> Iterator[None]:
    """Without Python's cyclic collector: it would walk all records again and again, for a sixth of
    the time, and they hold no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


def _write(results: Results, made: Content, folder: Path) -> None:
    drawn = charts.illustrate(made)
    (folder / "report.html").write_text(html.render(made, drawn), encoding="utf-8")
    (folder / "report.md").write_text(markdown.render(made, drawn), encoding="utf-8")
    figures = folder / markdown.FIGURES
    figures.mkdir()
    for chart in (chart for of_part in drawn.values() for chart in of_part):
        (figures / f"{chart.key}.svg").write_text(chart.standalone, encoding="utf-8")
    results.cells.to_csv(folder / "cells.csv", index=False)
    results.cells.to_parquet(folder / "cells.parquet", index=False)

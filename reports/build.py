"""A report from record files: HTML, Markdown with its figures, and what people pass on."""

from __future__ import annotations

import contextlib
import gc
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from errno import EISDIR
from functools import partial
from pathlib import Path

from reports import content, isolation
from reports.answer import answer
from reports.content import Content
from reports.findings import registry
from reports.findings.finding import Finding
from reports.frame import Results, read
from reports.front import tally
from reports.front.tally import Tally
from reports.ingest.reading import LeftOut
from reports.isolation import Attempts, Fault
from reports.render import charts, html, markdown
from reports.share import files
from reports.trust.choosing import Chosen

EVERY = Chosen()
"""Nothing was looked at for how far it is trusted, and nothing is left out."""


@dataclass(frozen=True)
class Built:
    """What was written."""

    results: Results
    """What it is about."""
    content: Content
    html: Path
    markdown: Path
    csv: Path
    parquet: Path
    left_out: Sequence[LeftOut]
    """What the files held that could not be used."""
    tallies: Mapping[str, Tally]
    """How many cells of each contender came to what, by run."""
    faults: Sequence[Fault] = ()
    """Parts that could not be made."""

    @property
    def untimed(self) -> bool:
        """Whether a time is beyond belief; some only the report finds so, by a device's bound."""
        return any(finding.severity == "untimed" for finding in self.content.findings)


def build(
    paths: Sequence[Path],
    out: Path,
    *,
    published: bool = True,
    baseline: str | None = None,
    attempts: Attempts | None = None,
    chosen: Chosen = EVERY,
) -> Built:
    """Report on the records at `paths` in the folder `out`.

    With `published`, figures from elsewhere stand beside them; machines are compared with the one
    whose name contains `baseline`; `chosen` says how far a file is trusted, and which are left out.
    Every file is complete when it appears: all are written aside first, then renamed into place. A
    part that fails is missing; `attempts` know which.
    Raises NotRecords, NoSuchMachine, OSError.
    """
    attempts = attempts or Attempts()
    with _uncollected():
        results = read(paths, published, chosen.refused)
        made = content.make(results, baseline, attempts, chosen.tiers)
        tallies = attempts.of(
            "The count of cells in the terminal", partial(tally.tally, results), lambda _: {}
        )
    out.mkdir(parents=True, exist_ok=True)
    with _uncollected(), tempfile.TemporaryDirectory(prefix=".report-", dir=out) as aside:
        made = _write(results, made, tallies, Path(aside), attempts)
        written = [path for path in sorted(Path(aside).rglob("*")) if path.is_file()]
        for file in written:
            if (out / file.relative_to(aside)).is_dir():  # told before anything is in its place
                raise IsADirectoryError(EISDIR, "a folder is in the way", str(out / file.name))
        for name in {*files.FILES, isolation.FILE} - {path.name for path in written}:
            (out / name).unlink(missing_ok=True)  # of an earlier report
        for file in written:
            target = out / file.relative_to(aside)
            target.parent.mkdir(exist_ok=True)
            file.replace(target)
    return Built(
        results=results,
        content=made,
        html=out / "report.html",
        markdown=out / "report.md",
        csv=out / "cells.csv",
        parquet=out / "cells.parquet",
        left_out=results.left_out,
        tallies=tallies,
        faults=tuple(attempts.faults),
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


def _write(
    results: Results,
    made: Content,
    tallies: Mapping[str, Tally],
    folder: Path,
    attempts: Attempts,
) -> Content:
    """Write all files into the folder; the content with what became of the exports."""
    reason = attempts.of(
        "The reason of the exit code", partial(answer.reason, made, tallies), lambda _: ""
    )
    source = files.Source(results, made, reason)
    lost = [
        attempts.of(
            f"The file {name}",
            partial(_export, write, source, folder / name),
            partial(_unwritten, folder / name),
        )
        for name, write in files.FILES.items()
    ]
    made = replace(made, findings=(*made.findings, *(each for some in lost for each in some)))
    drawn = charts.illustrate(made, attempts)
    page = partial(html.render, offers=tuple(files.offers(folder)))
    for name, render, told in (
        ("report.html", page, html.told),
        ("report.md", markdown.render, markdown.told),
    ):
        text = attempts.of(f"The file {name}", partial(render, made, drawn, attempts), told)
        (folder / name).write_text(text, encoding="utf-8")
    tables = attempts.of(
        "The file " + markdown.TABLES, partial(markdown.tables, made), markdown.told
    )
    (folder / markdown.TABLES).write_text(tables, encoding="utf-8")
    figures = folder / markdown.FIGURES
    figures.mkdir()
    for chart in (chart for of_part in drawn.values() for chart in of_part):
        (figures / f"{chart.key}.svg").write_text(chart.standalone, encoding="utf-8")
    attempts.save(folder)
    return made


def _export(
    write: Callable[[files.Source, Path], object], source: files.Source, path: Path
) -> tuple[Finding, ...]:
    write(source, path)
    return ()


def _unwritten(path: Path, sentence: str) -> tuple[Finding, ...]:
    path.unlink(missing_ok=True)
    return registry.lost(sentence)

"""How many cases each contender was given, and how they ended: who gave right answers to what."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from reports import formatting
from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.frame import NULL, STATUSES

_LEAD = (
    "Cases by how they ended. Only what is verified ranks; why the others do not stands under the "
    "findings and under what was left out."
)


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a table for each run, without the contender that measures the harness."""
    parts = []
    every = Counter[str]()
    for number, run in enumerate(context.results.runs, start=1):
        counts: dict[str, Counter[str]] = {}
        for cell in context.results.rows[run]:
            if cell.framework != NULL:
                who = f"{context.labels[run][cell.contender]}, {cell.precision}"
                counts.setdefault(who, Counter())[cell.status] += 1
        every.update(sum(counts.values(), Counter[str]()))
        if counts:
            parts.append(Part(f"coverage-{number}", context.places[run], table=_table(counts)))
    said = ", ".join(f"{every[way]} {words}" for way, words in STATUSES.items() if every[way])
    title = "How the cases of each contender ended"
    return Chapter("coverage", title, _LEAD, tuple(parts), answer=f"{said}." if said else "")


def _table(counts: Mapping[str, Counter[str]]) -> Table:
    """A row for each contender, a column for each way in which a case ended."""
    total = sum(counts.values(), Counter[str]())
    ways = [status for status in STATUSES if total[status]]
    rows = tuple(
        (who, formatting.count(mine.total()), *(formatting.count(mine[way]) for way in ways))
        for who, mine in counts.items()
    )
    return Table(("contender", "cases", *(STATUSES[way] for way in ways)), rows)

"""Who is fastest, run by run: a sentence for each suite, then every ranking."""

from __future__ import annotations

from collections.abc import Iterator

from reports.chapters import ranking_plots, ranking_tables
from reports.context import ReportContext, Section
from reports.document import Chapter, Part


def chapter(context: ReportContext) -> Chapter:
    """The chapter: for each run the answers in words, then its rankings."""
    parts = list[Part]()
    for at, section in enumerate(context.sections, start=1):
        parts += _run(at, section)
    count = sum(len(section.rankings) for section in context.sections)
    said = f"Times and intervals of {count} workload{'s' * (count != 1)}." if count else ""
    return Chapter("answer", "Every time and interval", "", tuple(parts), "Times", said)


def _run(at: int, section: Section) -> Iterator[Part]:
    said = section.answers
    nothing = "No cell of this run has verified answers, so there is nothing to rank."
    yield Part(
        key=f"answer-{at}",
        title=section.machine_label,
        where=f"Run {section.run}, {section.started_at}",
        text=() if said else (section.fault or nothing,),
        pairs=tuple((answer.topic, answer.text) for answer in said),
    )
    for number, ranking in enumerate(section.rankings, start=1):
        last = number == len(section.rankings)
        yield Part(
            key=f"ranking-{at}-{number}",
            title=ranking.title,
            level=4,
            table=ranking_tables.overview(ranking),
            plots=ranking_plots.plots(ranking),
            data=ranking_tables.details(ranking),
            unfold="All figures: intervals, throughput, latency, first step, memory",
            notes=section.notes if last else (),
        )

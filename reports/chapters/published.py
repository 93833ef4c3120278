"""Where published figures come from, how they were measured, and what is wrong with that."""

from __future__ import annotations

from collections.abc import Sequence

from bench import names
from bench.schema import Published
from reports import formatting
from reports.chapters.cpu_vs_gpu import sized
from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.formatting import plain
from reports.ingest.published import FAULTS


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a part for each source."""
    lead = (
        "Figures of others, as they gave them, for comparison of machines. None is in a ranking. "
        "What each source ran and what is wrong with how it was measured:"
    )
    parts = sources(context.results.published)
    many = f"{len(parts)} source{'s' * (len(parts) != 1)}"
    answer = f"{len(context.results.published)} figures of {many}; none is in a ranking."
    return Chapter("published", "Published figures", lead, parts, answer=answer)


def sources(published: Sequence[Published]) -> tuple[Part, ...]:
    """A part for each source, wherever the figures are shown."""
    studies: dict[str, list[Published]] = {}
    for record in published:
        studies.setdefault(record.study or record.source, []).append(record)
    return tuple(
        _source(number, study, records)
        for number, (study, records) in enumerate(studies.items(), start=1)
    )


def _source(number: int, study: str, records: Sequence[Published]) -> Part:
    faults = dict.fromkeys(flag for record in records for flag in record.faults)
    explained = [
        f"{plain(flag, 40)} ({FAULTS.get(flag, 'a flag not known here')})" for flag in faults
    ]
    facts = (
        ("Source", records[0].source),
        ("Machines", "; ".join(dict.fromkeys(record.machine for record in records))),
        ("Versions", "; ".join(dict.fromkeys(_version(record) for record in records))),
        ("Work timed", "; ".join(dict.fromkeys(r.work for r in records if r.work))),
        ("Protocol", records[0].protocol),
        ("Its finding", records[0].finding),
        ("Faults", "; ".join(explained)),
        ("Notes", " ".join(dict.fromkeys(note for r in records for note in r.notes))),
    )
    return Part(
        key=f"source-{number}",
        title=plain(study, 80),
        pairs=tuple((name, plain(text, 1500)) for name, text in facts if text),
        data=_figures(records),
        unfold=f"Show all {len(records)} figures",
    )


def _version(record: Published) -> str:
    return f"{record.framework} {record.version or '(version not given)'}"


def _figures(records: Sequence[Published]) -> Table:
    heads = "work", "size", "contender", "machine", "time", "one step", "CPU user", "CPU system"
    rows = tuple(
        (
            plain(names.work(r.suite, r.name), 80),
            sized(formatting.count(r.size), r.size_of or "size"),
            plain(f"{r.framework} {r.version or ''} {r.device}", 60),
            plain(r.machine, 80),
            formatting.seconds(r.time_s),
            formatting.seconds(r.time_s / r.steps if r.time_s and r.steps else None),
            formatting.seconds(r.cpu_user_s),
            formatting.seconds(r.cpu_system_s),
        )
        for r in records
    )
    return Table(heads, rows, numeric=False)

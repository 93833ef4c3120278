"""The chapters of a report, in order, out of what the other modules worked out."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence

from bench.schema import Published
from reports import formatting
from reports.analysis.cpu_gpu_pairs import Contest
from reports.chapters import (
    costs,
    cpu_vs_gpu,
    learning,
    machines,
    ranking_plots,
    ranking_tables,
    roofline,
    versions,
)
from reports.chapters.learning import Learned
from reports.chapters.method import OVERHEAD, RECORDS_HOLD_MORE
from reports.context import Section
from reports.document import Chapter, Part, Table
from reports.formatting import plain
from reports.frame import Results
from reports.ingest.published import FAULTS
from reports.ingest.reading import Key


def answers(sections: Sequence[Section]) -> Chapter:
    """Who is fastest, run by run: a sentence for each suite, then every ranking."""
    parts = list[Part]()
    for at, section in enumerate(sections, start=1):
        parts += _answer(at, section)
    return Chapter("answer", "The answer", "", tuple(parts))


def _answer(at: int, section: Section) -> Iterator[Part]:
    said = section.answers
    nothing = "No cell of this run has verified answers, so there is nothing to rank."
    yield Part(
        key=f"answer-{at}",
        title=section.machine_label,
        where=f"Run {section.run}, {section.started_at}",
        text=() if said else (nothing,),
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


def comparisons(
    results: Results,
    named: Mapping[str, str],
    labels: Mapping[str, Mapping[str, str]],
    baseline: str | None,
    contested: Sequence[Contest],
    learned: Sequence[Learned],
    doubted: Collection[Key],
) -> Iterator[Chapter]:
    """Everything that is compared besides who is fastest. Raises NoSuchMachine."""
    boards = costs.boards(results, named, labels)
    yield cpu_vs_gpu.chapter(contested)
    yield roofline.chapter(results, named, doubted)
    yield machines.chapter(results, named, baseline)
    yield versions.chapter(results, named)
    yield costs.latency(boards)
    yield costs.first_step(boards)
    yield costs.memory(boards)
    yield costs.energy(boards)
    yield learning.chapter(learned)


def sources(published: Sequence[Published]) -> Chapter:
    """Where published figures come from, how they were measured, and what is wrong with that."""
    studies: dict[str, list[Published]] = {}
    for record in published:
        studies.setdefault(record.study or record.source, []).append(record)
    lead = (
        "Figures of others, as they gave them, for comparison of machines. None is in a ranking. "
        "What each source ran and what is wrong with how it was measured:"
    )
    parts = tuple(
        _source(number, study, records)
        for number, (study, records) in enumerate(studies.items(), start=1)
    )
    return Chapter("published", "Published figures", lead, parts)


def _source(number: int, study: str, records: Sequence[Published]) -> Part:
    faults = dict.fromkeys(flag for record in records for flag in record.faults)
    told = [f"{plain(flag, 40)} ({FAULTS.get(flag, 'a flag not known here')})" for flag in faults]
    facts = (
        ("Source", records[0].source),
        ("Machines", "; ".join(dict.fromkeys(record.machine for record in records))),
        ("Versions", "; ".join(dict.fromkeys(_version(record) for record in records))),
        ("Work timed", "; ".join(dict.fromkeys(r.work for r in records if r.work))),
        ("Protocol", records[0].protocol),
        ("Its finding", records[0].finding),
        ("Faults", "; ".join(told)),
        ("Notes", " ".join(dict.fromkeys(note for r in records for note in r.notes))),
    )
    return Part(
        key=f"source-{number}",
        title=plain(study, 80),
        pairs=tuple((name, plain(text, 1500)) for name, text in facts if text),
        data=_figures(records),
        unfold=f"Its {len(records)} figures",
    )


def _version(record: Published) -> str:
    return f"{record.framework} {record.version or '(version not given)'}"


def _figures(records: Sequence[Published]) -> Table:
    columns = ("work", "size", "contender", "machine", "time", "CPU user", "CPU system")
    rows = tuple(
        (
            plain(f"{r.suite} {r.name}", 80),
            formatting.count(r.size),
            plain(f"{r.framework} {r.version or ''} {r.device}", 60),
            plain(r.machine, 80),
            formatting.seconds(r.time_s),
            formatting.seconds(r.cpu_user_s),
            formatting.seconds(r.cpu_system_s),
        )
        for r in records
    )
    return Table(columns, rows, numeric=False)


def method(sections: Sequence[Section], words: Sequence[str]) -> Chapter:
    """How it was measured, and with what, so that another person can repeat it."""
    parts = [Part("method-words", "", text=tuple(words))]
    parts += [
        part for at, section in enumerate(sections, start=1) for part in _setting(at, section)
    ]
    title = "How it was measured, with what, and what it cannot say"
    return Chapter("method", title, "", tuple(parts), "Method")


def _setting(at: int, section: Section) -> Iterator[Part]:
    commit = f"At commit {section.commit}, after" if section.commit else "After"
    yield Part(
        key=f"setting-{at}",
        title=section.machine_label,
        where=f"Run {section.run}, {section.started_at}",
        pairs=section.machine,
        table=ranking_tables.versions(section.setups),
        unfold="Packages, environment and settings of the run",
        hidden_pairs=(*section.settings, *ranking_tables.environments(section.setups)),
    )
    yield Part(
        key=f"repeat-{at}",
        title="Repeat it",
        level=4,
        text=(f"{commit} `make setup`. {RECORDS_HOLD_MORE}",),
        code=section.repeat,
    )
    if section.overheads:
        yield Part(
            key=f"harness-{at}",
            title="The harness itself",
            level=4,
            text=(OVERHEAD,),
            data=ranking_tables.overhead(section.overheads),
            unfold="Figures",
        )

"""How figures came about and what they cannot say; with what each run was measured."""

from __future__ import annotations

from collections.abc import Iterator

from reports.chapters import ranking_tables
from reports.context import ReportContext, Section
from reports.document import Chapter, Part

METHOD = tuple(
    " ".join(paragraph.split())
    for paragraph in """
Every framework computes the same work from the same weights and data, in a process of its own. Its
answers are compared with a float64 reference before and after timing, in the timed process; a cell
that fails either is a finding and is in no ranking.

Contenders take turns in rounds, in random order. A sample is the time of many steps and one wait
until the device has finished them, divided by the steps. A cell's time is the median over rounds of
the median of the round's samples. Latency is one step with a wait of its own. The first step
includes compiling.

Figures published elsewhere are marked as published and are in no ranking: their sources measured by
methods of their own, whose faults stand beside them.

A ratio is the median of the rounds' own ratios, so drift that hits all alike cancels. 1.14x slower
means 1.14 times as long. 95 % intervals come from order statistics of the rounds; fewer than six
rounds tell none. Same means that the whole interval lies within 1 %; slower and faster that it lies
beyond 1 % after allowing for another start of the processes (0.5 %, standard deviation), and beyond
chance as below; or beyond 1.25x, of fewer than six rounds every round. Unresolved is neither. The
first is called fastest only when all others are slower; otherwise it leads, and all who are not
shown slower are its front. Where contenders were started several times, each start's rounds are
reduced to their median, intervals come from those, and nothing is allowed for. Runs made apart are
not paired: 1 % (standard deviation) is allowed for what changed between them. Where other programs
interrupt steps of one thread of 4 ms or more, CPU time is asked too, and a word of it says so.

Throughput divides the FLOP or bytes that the definition of the work requires by the time; what a
framework does beyond them is not counted. Drawing random operands counts as time, not as FLOP.

Energy of a step, where it is given, is the device's mean power over whole slices times the step's
time. Idle power and other programs' use of the device are in it, the rest of the machine is not.

It cannot say how other sizes, models, precisions or machines compare, nor whether a framework was
set up as its makers would; the settings listed are what ran. Precisions are never ranked against
each other.
""".strip().split("\n\n")
)


def chapter(context: ReportContext) -> Chapter:
    """The chapter: how it was measured, and with what, so that another person can repeat it."""
    parts = [Part("method-words", "", text=words(context.results.family.comparisons))]
    for at, section in enumerate(context.sections, start=1):
        parts += _setting(at, section)
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


def words(comparisons: int) -> tuple[str, ...]:
    """The paragraphs, with how sure the words of this report are."""
    return *METHOD[:_FAMILY_AT], _family(comparisons), *METHOD[_FAMILY_AT:]


_FAMILY_AT = 4
"""After what is said of ratios."""


def _family(comparisons: int) -> str:
    pairs = "1 pair" if comparisons == 1 else f"{comparisons} pairs"
    return (
        f"In these records contenders of one case make {pairs}. "
        "If all took the same time, at most 5 of 100 such reports would hold any slower or faster "
        "within 1.25x: each pair is tested at 5 % divided by their number. So a small difference "
        "shows only with little noise or many rounds. Beyond 1.25x there is no such bound: only "
        "noise far larger than 5 % makes all rounds differ by so much."
    )


NOTHING_WRONG = "Nothing: all that was measured gave right answers, before and after timing."

RECORDS_HOLD_MORE = (
    "Every installed package and each build's own description stand in the run's records.jsonl."
)

OVERHEAD = (
    "Time of the null adapter: it does no work and returns prepared answers, so its time is the "
    "harness's own share of every step above. It is ranked nowhere."
)

"""The answer in fifteen lines: who leads, how right, how far to trust it, what to do next."""

from __future__ import annotations

import re
import textwrap
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from reports import formatting
from reports.analysis import suite_leaders
from reports.answer import advice, strips
from reports.chapters import cpu_vs_gpu
from reports.content import Content
from reports.context import Section
from reports.findings.finding import Finding
from reports.frame import FAULTS, STATUSES
from reports.front import headline
from reports.front.tally import Tally

MOST = 15
"""Lines, the reason of an exit code included."""

_FEWEST_ROWS = 3
_MOST_RUNS = 6
_FEW_RUNS = 4
"""So many have two lines each."""

_MUCH = 0.1
"""Share of a contender's cases that are suspect, from which on its name is not said without it."""

_LONGEST_PLACE = 32
"""Characters of a machine's name before its run."""

_MARGIN = 11
"""Columns of `  answers  `."""

_DOUBTS = ("suspect", "withdrawn", "unfinished", "busy", "noisy", "left out")
"""Severities of findings that say how far to trust a figure, gravest first."""


@dataclass(frozen=True)
class Answer:
    """What stands in the terminal at the end."""

    lines: tuple[str, ...]
    reason: str
    """Why the exit code is 1, as far as the cells tell; empty where nothing is wrong."""


def make(content: Content, tallies: Mapping[str, Tally], report: Path, width: int) -> Answer:
    """At most MOST lines of at most `width` columns, but for the report's address."""
    above = tuple(_headlines(content, width))
    below = (
        *_labelled("answers", _counted(tallies), width),
        *_labelled("trust", _trust(content), width),
        *_labelled("next", advice.command(content, tallies), width, whole=True),
        *_labelled("report", [report.resolve().as_uri()], width, whole=True),
    )
    why = reason(content, tallies)
    room = MOST - len(above) - len(below) - bool(why)
    return Answer((*above, *_table(content, width, room), *below), why)


def _table(content: Content, width: int, room: int) -> tuple[str, ...]:
    """The contenders of one run, between empty lines where there is room for these."""
    if len(content.sections) != 1:
        return ()
    most = max(room, _FEWEST_ROWS + 1)
    table = tuple(strips.table(content.fronts[0].bars, width, most - 1))
    spare = most - len(table)
    return (*[""] * (spare > 0), *table, *[""] * (spare > 1)) if table else ()


def reason(content: Content, tallies: Mapping[str, Tally]) -> str:
    """`wrong answers (tf, jax); failed (mlx)`; of a single fault, what is known of it."""
    faults = [one.what for one in _of(content, FAULTS)]
    if len(faults) == 1:
        return formatting.plain(faults[0], 300).removesuffix(".")
    by_fault = {
        words: [label for label, counts in _together(tallies).items() if counts[status]]
        for status, words in FAULTS.items()
    }
    # A time may be beyond a device's bound in a cell whose record said nothing of it.
    return "; ".join(f"{words} ({', '.join(who)})" for words, who in by_fault.items() if who)


# --- lines ------------------------------------------------------------------------------------


def _headlines(content: Content, width: int) -> Iterator[str]:
    sections, several = content.sections, len(content.sections) > 1
    if not sections:  # what others published is all there is
        telling = sorted(content.contests, key=lambda each: each.crossing.kind != "crosses")
        said = [content.summary, *map(cpu_vs_gpu.sentence, telling[: _FEW_RUNS - 1])]
    elif several:
        said = [
            f"{_place(each)}: {_with_suspects(headline.of(each), content, each)}"
            for each in sections[:_MOST_RUNS]
        ]
    else:
        said = [
            _with_suspects(each, content, sections[0])
            for each in headline.sentences(sections[0], content.contests)
        ]
    for sentence in said:
        folded = 2 if len(said) <= _FEW_RUNS else 1
        yield from textwrap.wrap(sentence, width, max_lines=folded, placeholder=" …")
    if len(sections) > _MOST_RUNS:
        yield f"and {len(sections) - _MOST_RUNS} more runs"


def _with_suspects(sentence: str, content: Content, section: Section) -> str:
    """The sentence about a run, with a word behind every name of which much is suspect."""
    cells = {key for one in content.findings if one.severity == "suspect" for key in one.cells}
    called, several = section.labels, len(content.sections) > 1
    mine = (who for run, who, _ in cells if run == section.run or not several)
    suspect = Counter(called[who] for who in mine if who in called)
    ranked = Counter(row.label for _, g in headline.contested([section]) for row in g.rows)
    for label, count in suspect.items():
        if label in ranked and count >= _MUCH * ranked[label]:
            name = rf"(?<!\S){re.escape(label)}(?=[,;.]? |[,;.]$|$)"
            sentence = re.sub(name, lambda found: f"{found[0]} (suspect)", sentence)
    return sentence


def _place(section: Section) -> str:
    """What tells a run: of a long machine's name its last parts, which are GPU and memory."""
    parts = section.machine_label.split(", ")
    while len(parts) > 1 and len(", ".join(parts)) > _LONGEST_PLACE:
        parts = parts[1:]
    return formatting.plain(f"{', '.join(parts)[:_LONGEST_PLACE]} {section.run}", 60)


def _labelled(label: str, texts: Sequence[str], width: int, whole: bool = False) -> Iterator[str]:
    """`  answers  192 right, ...`, each text on a line of its own, cut unless `whole`."""
    for text in texts:
        head, label = f"  {label:<{_MARGIN - 2}}", ""
        room = max(width - _MARGIN, 1)
        yield head + (text if whole else textwrap.shorten(text, room, placeholder=" …"))


def _counted(tallies: Mapping[str, Tally]) -> Sequence[str]:
    """`192 right, 7 wrong, 1 failed: tf 4, torch 1, jax 2, mlx 1`"""
    together = _together(tallies)
    total = sum(together.values(), Counter[str]())
    if not total:
        return ()
    said = [f"{total['ok']} right"]
    bad = [status for status in STATUSES if status not in ("ok", "skipped") and total[status]]
    said += [f"{total[status]} {STATUSES[status]}" for status in bad]
    faulty = {label: sum(counts[status] for status in FAULTS) for label, counts in together.items()}
    who = ", ".join(f"{label} {count}" for label, count in faulty.items() if count)
    return (f"{', '.join(said)}{f': {who}' if who else ''}",)


def _trust(content: Content) -> Sequence[str]:
    doubts = [one for one in _of(content, _DOUBTS) if not one.published]
    said = [f"{doubts[0].severity}: {doubts[0].what}"] if doubts else []
    groups = [group for _, group in headline.contested(content.sections)]
    few = sum(any(map(suite_leaders.untold, group.front)) for group in groups)
    close = sum(len(headline.front(group)) > 1 for group in groups) - few
    last = [f"{close} of {len(groups)} too close"] if close else []
    last += [f"{few} of {len(groups)} with too few rounds to tell"] if few else []
    more = len(doubts) - 1
    last += [f"{more} more doubt{'s' * (more > 1)}"] if more > 0 else []
    last += [strips.FOOTNOTE] if any(front.answers_only for front in content.fronts) else []
    return (*said, *(["; ".join(last)] if last else []))


def _of(content: Content, severities: Sequence[str] | Mapping[str, str]) -> list[Finding]:
    order = list(severities)
    found = [one for one in content.findings if one.severity in order]
    return sorted(found, key=lambda one: order.index(one.severity))


def _together(tallies: Mapping[str, Tally]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {}
    for mine in tallies.values():
        for label, counts in mine.items():
            found.setdefault(label, Counter()).update(counts)
    return found

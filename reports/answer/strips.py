"""Every contender's cases as a strip of blocks: first, close, within twice, slower, wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from reports.context import Section
from reports.frame import FAULTS
from reports.front import headline
from reports.front.tally import Tally

TWICE = 2.0
BLOCKS = {"fastest": "■", "close": "▓", "twice": "▒", "slower": "·", "bad": "x"}
LEGEND = {
    "fastest": "■ fastest",
    "close": "▓ 10 %",
    "twice": "▒ 2x",
    "slower": "· slower",
    "bad": "x wrong",
}
FOOTNOTE = "* MLX on Linux: answers only"

_WIDEST_LABEL = 24


@dataclass(frozen=True)
class Record:
    """What one contender did over all cases of a run."""

    label: str
    cases: Counter[str]
    """By the names in BLOCKS."""

    @property
    def fastest(self) -> int:
        """Cases in which it is the first, or near it and not shown slower."""
        return self.cases["fastest"]

    @property
    def within(self) -> int:
        """Cases in which it takes at most twice as long as the first."""
        return self.fastest + self.cases["close"] + self.cases["twice"]

    @property
    def of(self) -> int:
        return self.cases.total()


def records(section: Section, tally: Tally) -> list[Record]:
    """Contenders by how often they lead, then by how often they are near."""
    found: dict[str, Counter[str]] = {label: Counter() for label in tally}
    for ranking in section.rankings:
        for group in ranking.groups:
            level = headline.level(group)
            for row in group.rows:
                ratio = row.ratio.value if row.ratio else 1.0
                place = "fastest" if row.label in level else _place(ratio)
                found.setdefault(row.label, Counter())[place] += 1
    for label, counts in tally.items():
        found[label]["bad"] += sum(counts[status] for status in FAULTS)
    made = [Record(label, counts) for label, counts in found.items() if counts.total()]
    return sorted(made, key=lambda one: (-one.fastest, -one.within, one.of))


def table(section: Section, tally: Tally, width: int, most: int) -> Iterator[str]:
    """A header and at most `most` rows; nothing where there are no two contenders."""
    every = records(section, tally)
    if len(every) < 2:
        return
    shown = every if len(every) <= most else every[: most - 1]
    starred = answers_only(section)
    names = {one.label: one.label + " *" * (one.label in starred) for one in shown}
    label_width = min(max(10, *map(len, names.values())), _WIDEST_LABEL)
    columns = label_width + 2
    head = f"{'':<{columns}}fastest  within 2x   of   "
    yield f"{head}{_legend(shown, width - len(head))}".rstrip()[:width]
    room = max(width - columns - 27, 1)
    longest = max(one.of for one in shown)
    for one in shown:
        name = names[one.label]
        name = name if len(name) <= label_width else f"{name[: label_width - 1]}…"
        strip = _strip(one.cases, min(1.0, room / longest))
        row = f"  {name:<{label_width}}{one.fastest:>7}{one.within:>11}{one.of:>5}   {strip}"
        yield row[:width].rstrip()
    if len(shown) < len(every):
        yield f"  and {len(every) - len(shown)} more, in the report"


def answers_only(section: Section) -> frozenset[str]:
    """Labels of those whose speed says nothing: MLX's build for Linux CPUs."""
    numbers = {n for n, note in enumerate(section.notes, start=1) if "unoptimised BLAS" in note}
    return frozenset(
        line.label
        for ranking in section.rankings
        for line in ranking.lines
        if numbers & set(line.notes)
    )


def _legend(shown: Sequence[Record], room: int) -> str:
    """Of the blocks that are there, as many as fit."""
    there = [words for name, words in LEGEND.items() if any(one.cases[name] for one in shown)]
    while there and len("  ".join(there)) > room:
        there.pop()
    return "  ".join(there)


def _place(ratio: float) -> str:
    return "close" if ratio <= headline.CLOSE else "twice" if ratio <= TWICE else "slower"


def _strip(cases: Counter[str], scale: float) -> str:
    """A block for each case, or for several; none that there are is left out."""
    lengths = {name: max(round(cases[name] * scale), bool(cases[name])) for name in BLOCKS}
    return "".join(block * lengths[name] for name, block in BLOCKS.items())

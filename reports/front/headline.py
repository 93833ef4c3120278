"""Who is fastest, in a sentence: one leader, several, or one for each kind of work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from reports import formatting
from reports.analysis.cpu_gpu_pairs import Contest
from reports.analysis.ranking import Group, Ranking
from reports.analysis.suite_leaders import Share, joined
from reports.context import Section
from reports.front import pays_off
from reports.front.pays_off import KINDS

CLOSE = 1.1
"""Times the first's time up to which another that is not shown slower is level with it."""

MOSTLY = 0.9
"""Share of all cases in which a contender leads who is said to lead."""

_OFTEN = 0.5
"""The same of the cases of one kind of work."""

_TELLING = 1.1
"""A distance below which the others' is not worth a word."""

Contested = tuple[str, Group]
"""Kind of work, and a case that two contenders at least have right."""


def sentences(section: Section, contests: Sequence[Contest]) -> Iterator[str]:
    """When the GPU pays off, where there is one; then who leads."""
    on_gpu = pays_off.sentence(contests)
    if on_gpu:
        yield on_gpu
    yield of(section)


def of(section: Section) -> str:
    """Who leads in this run."""
    found = contested([section])
    if not found:
        alone = {
            row.label for ranking in section.rankings for g in ranking.groups for row in g.rows
        }
        if len(alone) == 1:
            return f"Only {alone.pop()} was measured with right answers: nothing to compare."
        return "Nothing was measured that can be compared."
    idle = answers_only(section)
    counts = _counts([group for _, group in found], idle)
    if not counts:  # there is nobody else
        idle, counts = frozenset(), _counts([group for _, group in found], frozenset())
    leaders = [label for label, count in counts.most_common() if count >= MOSTLY * len(found)]
    if not any(group.behind for _, group in found):
        cases = _cases(len(found))
        return f"Too close to call: no contender is shown slower than another in {cases}."
    if leaders:
        least = min(counts[label] for label in leaders)
        return f"{_leading(leaders, least, found)}{_distance(leaders, found)}."
    return f"No single winner: {_by_kind(found, idle) or _by_count(counts, len(found))}."


def answers_only(section: Section) -> frozenset[str]:
    """Labels of those whose speed says nothing: MLX's build for Linux CPUs."""
    numbers = {n for n, note in enumerate(section.notes, start=1) if "unoptimised BLAS" in note}
    return frozenset(
        line.label
        for ranking in section.rankings
        for line in ranking.lines
        if numbers & set(line.notes)
    )


def contested(sections: Sequence[Section]) -> list[Contested]:
    """Every case with someone to compare."""
    return [
        (kind(ranking), group)
        for section in sections
        for ranking in section.rankings
        for group in ranking.groups
        if len(group.rows) > 1
    ]


def front(group: Group) -> tuple[str, ...]:
    """Labels of the first and of all not shown slower than it."""
    return tuple(row.label for row in group.front)


def level(group: Group) -> tuple[str, ...]:
    """Of these the first and those near it: one far off that nothing is shown of does not lead."""
    return tuple(row.label for row in group.front if row.ratio is None or row.ratio.value <= CLOSE)


def kind(ranking: Ranking) -> str:
    """What the work is, as one would say it; of records that do not tell, the suite's name."""
    kinds = (row.cell.work_kind for group in ranking.groups for row in group.rows)
    return KINDS.get(next(kinds, None) or "", ranking.suite)


def _counts(groups: Sequence[Group], idle: frozenset[str]) -> Counter[str]:
    """Cases by who leads in them; who is only asked for right answers leads nothing."""
    return Counter(label for group in groups for label in level(group) if label not in idle)


# --- words ------------------------------------------------------------------------------------


def _leading(leaders: Sequence[str], least: int, found: Sequence[Contested]) -> str:
    alone = len(leaders) == 1
    sole = alone and all(front(group) == (leaders[0],) for _, group in found)
    verb = ("is fastest" if sole else "leads") if alone else "lead"
    return f"{joined(leaders)} {verb} in {Share(len(found)).of(least)}"


def _distance(leaders: Sequence[str], found: Sequence[Contested]) -> str:
    led = [group for _, group in found if set(leaders) & set(level(group))]
    others = [row for group in led for row in group.rows if row.label not in leaders]
    if any(row.standing != "slower" for row in others):
        return ""
    ratios = [row.ratio.value for row in others if row.ratio]
    if not ratios or min(ratios) < _TELLING:
        return ""
    return f"; everything else is {formatting.digits(min(ratios), 2)}x slower or more"


def _by_kind(found: Sequence[Contested], idle: frozenset[str]) -> str:
    """`torch for matrix products and forward passes, jax for training`; empty where none leads."""
    led: dict[tuple[str, ...], list[str]] = {}
    for name in dict.fromkeys(each for each, _ in found):
        groups = [group for each, group in found if each == name]
        counts = _counts(groups, idle)
        if not counts:
            continue
        most = max(counts.values())
        leaders = tuple(label for label, count in counts.items() if count == most)
        if most > _OFTEN * len(groups) and len(leaders) <= 2:
            led.setdefault(leaders, []).append(name)
    parts = [(joined(leaders), joined(works, most=len(works))) for leaders, works in led.items()]
    return ", ".join(f"{who} for {what}" for who, what in parts)


def _by_count(counts: Counter[str], total: int) -> str:
    (leader, most), *others = counts.most_common(4)
    also = "".join(f", {label} in {count}" for label, count in others)
    return f"{leader} leads in {most} of {total} cases{also}"


def _cases(count: int) -> str:
    return "the one case" if count == 1 else f"these {count} cases"

"""The answer in sentences: who is fastest in each suite, how often, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from reports import units
from reports.ranking import Group, Ranking, Row


@dataclass(frozen=True)
class Answer:
    """What the run says about a suite in one precision."""

    topic: str
    text: str


def answer(rankings: Sequence[Ranking]) -> tuple[Answer, ...]:
    """Two sentences for each suite and precision: the count of cases, and the largest case.

    Where a contender was measured alone, that is said once in place of the counts.
    """
    suites: dict[tuple[str, str], list[Ranking]] = {}
    for ranking in rankings:
        suites.setdefault((ranking.suite, ranking.precision), []).append(ranking)
    alone = _alone(rankings)
    said = f"{alone} alone was measured; there is nothing to compare."
    return (
        *((Answer("comparison", said),) if alone else ()),
        *(_suite(*key, members, counted=not alone) for key, members in suites.items()),
    )


def words(row: Row) -> str:
    """How a row compares with the first: `1.82x slower`, `same`, `unresolved`; or `fastest`."""
    if row.standing in ("slower", "faster") and row.ratio:
        return units.direction(row.ratio.value)
    return row.standing


def interval(row: Row) -> str:
    """The ends of the ratio's interval: `1.78x to 1.86x`; a dash where there is none."""
    if row.ratio is None or row.ratio.interval is None:
        return units.ABSENT
    return " to ".join(f"{units.digits(end)}x" for end in row.ratio.interval)


def _alone(rankings: Sequence[Ranking]) -> str | None:
    """The one contender that had cases at all, if it was only one."""
    groups = [group for ranking in rankings for group in ranking.groups]
    labels = {row.label for group in groups for row in group.rows}
    return labels.pop() if len(labels) == 1 and not any(g.missing for g in groups) else None


def _suite(suite: str, precision: str, members: Sequence[Ranking], counted: bool) -> Answer:
    groups = [group for ranking in members for group in ranking.groups]
    largest = max(members, key=lambda ranking: ranking.groups[-1].flop)
    detail = _largest(largest.name, largest.groups[-1], len(groups))
    return Answer(f"{suite}, {precision}", f"{_counts(groups)} {detail}" if counted else detail)


def _counts(groups: Sequence[Group]) -> str:
    contested = [group for group in groups if len(group.rows) > 1]
    if not contested:
        alone = {row.label for group in groups for row in group.rows}
        who = f"Only {alone.pop()} has" if len(alone) == 1 else "No two contenders of one case have"
        return f"{who} verified answers, so there is no ranking."
    wins = Counter(group.rows[0].label for group in contested if group.decided)
    undecided = len(contested) - wins.total()
    if not wins:
        return "No contender is clearly fastest in any case."
    (leader, most), *others = wins.most_common()
    share = f"{most} of {_cases(len(contested))}" if len(contested) > most else _all(most)
    said = [f"{leader} is fastest in {share}", *(f"{label} in {n}" for label, n in others)]
    close = f"; {undecided} too close to call" if undecided else ""
    return f"{', '.join(said)}{close}."


def _all(count: int) -> str:
    return {1: "its one case", 2: "both cases"}.get(count, f"all {count} cases")


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"


def _largest(name: str, group: Group, cases: int) -> str:
    first, others = group.rows[0], group.rows[1:]
    where = f"In {'the largest, ' if cases > 1 else ''}{name} {units.count(group.size)}"
    time = f"{where}, {first.label} takes {units.seconds(first.time_s)}"
    if not others:
        return f"{time}."
    second = others[0]
    if second.standing == "slower":
        return f"{time}; next is {second.label}, {words(second)} ({interval(second)})."
    judged = {
        "same": "is the same within 1 %",
        "faster": "is faster where rounds are paired",
    }.get(second.standing, "cannot be told apart from it")
    told = f" ({interval(second)})" if second.ratio and second.ratio.interval else ""
    return f"{time}; {second.label} {judged}{told}."

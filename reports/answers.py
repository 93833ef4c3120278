"""The answer in sentences: who is fastest in each suite, how often, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from reports import units
from reports.ranking import Group, Ranking, Row


def answer(rankings: Sequence[Ranking]) -> tuple[str, ...]:
    """Two sentences for each suite and precision: the count of cases, and the largest case."""
    suites: dict[tuple[str, str], list[Ranking]] = {}
    for ranking in rankings:
        suites.setdefault((ranking.suite, ranking.precision), []).append(ranking)
    return tuple(_suite(*key, members) for key, members in suites.items())


def words(row: Row) -> str:
    """How a row compares with the fastest: `1.82x slower`, `same`, `unresolved`, `fastest`."""
    if row.verdict is None:
        return "fastest"
    if row.verdict in ("slower", "faster") and row.ratio:
        return units.direction(row.ratio.value)
    return row.verdict


def interval(row: Row) -> str:
    """The ends of the ratio's interval: `1.78x to 1.86x`; a dash where there is none."""
    if row.ratio is None or row.ratio.interval is None:
        return units.ABSENT
    return " to ".join(f"{units.digits(end)}x" for end in row.ratio.interval)


def _suite(suite: str, precision: str, members: Sequence[Ranking]) -> str:
    groups = [group for ranking in members for group in ranking.groups]
    largest = max(members, key=lambda ranking: ranking.groups[-1].flop)
    return (
        f"{suite}, {precision}: {_counts(groups)} "
        f"{_largest(largest.name, largest.groups[-1], len(groups))}"
    )


def _counts(groups: Sequence[Group]) -> str:
    contested = [group for group in groups if len(group.rows) > 1]
    if not contested:
        return f"only {groups[0].rows[0].label} has verified answers, so there is no ranking."
    wins = Counter(group.rows[0].label for group in contested if group.decided)
    undecided = len(contested) - wins.total()
    said = [f"{label} in {count}" for label, count in wins.most_common()]
    if not said:
        return f"no contender is clearly fastest in any of the {_cases(len(contested))}."
    said[0] = f"{said[0].replace(' in ', ' is fastest in ', 1)} of {_cases(len(contested))}"
    close = f"; {undecided} too close to call" if undecided else ""
    return f"{', '.join(said)}{close}."


def _cases(count: int) -> str:
    return f"{count} case" if count == 1 else f"{count} cases"


def _largest(name: str, group: Group, cases: int) -> str:
    first, others = group.rows[0], group.rows[1:]
    where = f"In the largest, {name} {units.count(group.size)}," if cases > 1 else "There"
    time = f"{where} {first.label} takes {units.seconds(first.time_s)}"
    if not others:
        return f"{time}."
    second = others[0]
    if second.verdict == "slower":
        return f"{time}; next is {second.label}, {words(second)} ({interval(second)})."
    judged = {
        "same": "is the same within 1 %",
        "unresolved": "cannot be told apart from it",
        "faster": "is faster where rounds are paired",
    }[second.verdict or "unresolved"]
    return f"{time}; {second.label} {judged} ({interval(second)})."

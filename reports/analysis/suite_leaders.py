"""The answer in sentences: who is fastest in each suite, how often, and by how much."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from bench import names
from bench.statistics.estimates import BEYOND
from reports import formatting
from reports.analysis.ranking import Group, Ranking, Row


@dataclass(frozen=True)
class SuiteAnswer:
    """What the run says about a suite in one precision."""

    topic: str
    text: str


def answer(rankings: Sequence[Ranking]) -> tuple[SuiteAnswer, ...]:
    """Two sentences for each suite and precision: the count of cases, and the largest case.

    Where a contender was measured alone, that is said once in place of the counts.
    """
    suites: dict[tuple[str, str], list[Ranking]] = {}
    for ranking in rankings:
        suites.setdefault((ranking.suite, ranking.precision), []).append(ranking)
    alone = _alone(rankings)
    said = f"{alone} alone was measured; there is nothing to compare."
    return (
        *((SuiteAnswer("comparison", said),) if alone else ()),
        *(_suite(*key, members, counted=not alone) for key, members in suites.items()),
    )


def words(row: Row) -> str:
    """How a row compares with the first: `1.82x slower`, `same`, `unresolved`; or `fastest`.

    `1.03x slower by CPU time` where wall time could not tell; of times that jump their span.
    """
    if row.span:
        return f"jumps: {' to '.join(map(formatting.seconds, row.span))}"
    if row.by_cpu:
        return f"{formatting.said(row.by_cpu.value, row.standing)} by CPU time"
    return formatting.said(row.ratio.value, row.standing) if row.ratio else row.standing


def interval(row: Row) -> str:
    """The ends of the ratio's interval: `1.78x to 1.86x`; a dash where there is none."""
    return formatting.between(row.ratio.interval if row.ratio else None)


def _alone(rankings: Sequence[Ranking]) -> str | None:
    """The one contender that had cases at all, if it was only one."""
    groups = [group for ranking in rankings for group in ranking.groups]
    labels = {row.label for group in groups for row in group.rows}
    return labels.pop() if len(labels) == 1 and not any(g.missing for g in groups) else None


def _suite(suite: str, precision: str, members: Sequence[Ranking], counted: bool) -> SuiteAnswer:
    groups = [group for ranking in members for group in ranking.groups]
    largest = max(members, key=lambda ranking: ranking.groups[-1].flop)
    detail = _largest(largest.work, largest.groups[-1], len(groups))
    topic = names.suite(suite) + f", {precision}" * (precision != "float32")
    return SuiteAnswer(topic, f"{_counts(groups)} {detail}" if counted else detail)


def _counts(groups: Sequence[Group]) -> str:
    """`torch is fastest in 5 of 9 cases; torch and jax share the lead in 3; 1 is open.`"""
    contested = [group for group in groups if len(group.rows) > 1]
    if not contested:
        alone = {row.label for group in groups for row in group.rows}
        who = f"Only {alone.pop()} has" if len(alone) == 1 else "No two contenders of one case have"
        return f"{who} verified answers, so there is no ranking."
    fronts = Counter(tuple(sorted(r.label for r in g.front)) for g in contested if g.behind)
    sole = [(front[0], count) for front, count in fronts.most_common() if len(front) == 1]
    shared = [(front, count) for front, count in fronts.most_common() if len(front) > 1]
    every = Share(len(contested))
    parts = []
    if sole:
        (leader, most), *others = sole
        also = "".join(f", {label} in {count}" for label, count in others)
        parts.append(f"{leader} is fastest in {every.of(most)}{also}")
    for front, count in shared[:_MOST_FRONTS]:
        where = every.of(count) if not parts else f"{count}"
        parts.append(f"{joined(front)} lead{'s' * (len(front) == 1)} together in {where}")
    rest = sum(count for _, count in shared[_MOST_FRONTS:])
    parts += [f"others together in {rest}"] if rest else []
    said = f"{'; '.join(parts)}"
    still = len(contested) - fronts.total()
    if still:
        nobody = f"nobody is shown slower than the first in {still if said else every.of(still)}"
        said = f"{said}; {nobody}" if said else nobody
    return f"{said[:1].upper() if not parts else said[:1]}{said[1:]}."


_MOST_FRONTS = 2
"""Groups of several leaders that are named."""


@dataclass(frozen=True)
class Share:
    """So many cases in all."""

    total: int

    def of(self, count: int) -> str:
        """`5 of 9 cases`, `all 9 cases`"""
        if count < self.total:
            return f"{count} of {self.total} cases"
        return {1: "its one case", 2: "both cases"}.get(count, f"all {count} cases")


_MOST_NAMED = 3


def joined(words: Sequence[str], most: int = _MOST_NAMED) -> str:
    """`torch, jax and mlx`; of many the first and how many more."""
    if len(words) > most:
        words = (*words[:most], f"{len(words) - most} more")
    *others, last = words
    return f"{', '.join(others)} and {last}" if others else last


def _largest(name: str, group: Group, cases: int) -> str:
    first, *others = group.front
    where = f"In {'the largest, ' if cases > 1 else ''}{name} {formatting.count(group.size)}"
    said = f"{where}, {first.label} takes {formatting.seconds(first.cell.time_s)}"
    if len(group.rows) == 1:
        return f"{said}."
    parts = [said, *_beside(others)]
    if group.behind:
        parts.append(_behind(group.behind, alone=not others))
    return f"{'; '.join(parts)}."


def _beside(rows: Sequence[Row]) -> Iterator[str]:
    """`jax is the same within 1 %`: those that are not shown slower than the first."""
    words = {"same": "the same within 1 %", "faster": "faster where rounds are paired"}
    kinds = [(row.standing, untold(row)) for row in rows]
    for standing, far in dict.fromkeys(kinds):
        mine = [row for row, kind in zip(rows, kinds, strict=True) if kind == (standing, far)]
        labels, verb = joined([row.label for row in mine]), "are" if len(mine) > 1 else "is"
        ends = interval(mine[0]) if len(mine) == 1 else formatting.ABSENT
        between = "" if ends == formatting.ABSENT else f" ({ends})"
        judged = f"{verb} {words.get(standing, 'too close to call')}"
        yield (
            f"too few rounds to tell {labels} from it{between}"
            if far
            else f"{labels} {judged}{between}"
        )


def untold(row: Row) -> bool:
    """Unresolved beside a ratio that is not close: rounds are too few, or too noisy, to tell."""
    far = row.ratio is not None and not 1 / BEYOND <= row.ratio.value <= BEYOND
    return row.standing == "unresolved" and far


def _behind(rows: Sequence[Row], alone: bool) -> str:
    """`next is jax, 1.82x slower (1.78x to 1.86x)`; beside several leaders all at once."""
    if alone or len(rows) == 1:
        following = rows[0]
        ends = interval(following)
        between = "" if ends == formatting.ABSENT else f" ({ends})"
        return f"next is {following.label}, {words(following)}{between}"
    nearest = min(rows, key=lambda row: row.ratio.value if row.ratio else 1.0)
    return f"everything else is {words(nearest)} or more"

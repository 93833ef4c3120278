"""Rankings made up of words alone: who is first in a case, and how the others stand to it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bench.statistics.estimates import Estimate
from reports.analysis.ranking import Group, Ranking, Row
from reports.cell import VerifiedCell


def row(label: str, ratio: float | None, standing: str) -> Row:
    estimate = Estimate(ratio, None) if ratio is not None else None
    nothing = VerifiedCell._make([None] * len(VerifiedCell._fields))
    cell = nothing._replace(contender=label, time_s=1.0, flop_per_s=1.0)
    return Row(label, (), cell, estimate, standing)  # type: ignore[arg-type]


def case(first: str, **others: tuple[float, str]) -> Group:
    rows = [row(label, *told) for label, told in others.items()]
    return Group(64, 1.0, (row(first, None, "leads"), *rows), {})


KINDS = {"square": "matrix product", "forward": "forward"}
"""Kinds of work by name; all others train."""


def of_kind(kind: str, group: Group) -> Group:
    """The same case, whose record says what kind of work it is."""
    rows = (replace(each, cell=each.cell._replace(work_kind=kind)) for each in group.rows)
    return replace(group, rows=tuple(rows))


class Section:
    """As much of one as a headline looks at."""

    notes: tuple[str, ...] = ()

    def __init__(self, **rankings: Sequence[Group]) -> None:
        self.rankings = tuple(
            Ranking(suite, name, "float32", (), told, True, True, False)
            for key, groups in rankings.items()
            for suite, name in [key.split("__")]
            for told in [tuple(of_kind(KINDS.get(name, "training"), each) for each in groups)]
        )

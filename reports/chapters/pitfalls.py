"""What public reports say goes wrong, tried here: right or wrong, for each contender."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from reports.cell import Cell
from reports.context import ReportContext
from reports.document import Chapter, Part, Table
from reports.formatting import ABSENT
from reports.frame import NULL, STATUSES
from suites.pieces.pitfalls import REPORTED
from suites.workload import ITEMSIZE

SUITE = "pitfalls"

_LEAD = (
    "Small pieces of work that public reports say go wrong on some device, in some version. Each "
    "was done here and held against the float64 reference: what is wrong here is wrong in models "
    "too, whatever their speed."
)

_NOT_TRIED = "not tried in 16 bits"

_TRY_16_BITS = "What goes wrong in 16 bits alone is tried by make pitfalls PRECISION=float16"

_WORDS = STATUSES | {"ok": "right", "untimed": "right"}
"""How a piece of work ended: what is only untimed has right answers."""


def chapter(context: ReportContext) -> Chapter:
    """The chapter: a table for each run that did this work."""
    parts, wrong, tried = [], 0, 0
    for number, run in enumerate(context.results.runs, start=1):
        cells = [
            cell
            for cell in context.results.rows[run]
            if cell.suite == SUITE and cell.framework != NULL and cell.name in REPORTED
        ]
        if cells:
            table = _table(cells, context.labels[run])
            words = [_word(cell) for cell in cells]
            text = (_TRY_16_BITS,) * (_NOT_TRIED in words)
            parts.append(Part(f"pitfalls-{number}", context.places[run], text, table=table))
            wrong += words.count("wrong")
            tried += words.count("right") + words.count("wrong")
    answer = f"{wrong or 'none'} of {tried} went wrong." if tried else ""
    title = "What is known to go wrong elsewhere"
    return Chapter("pitfalls", title, _LEAD, tuple(parts), answer=answer)


def _table(cells: Sequence[Cell], labels: Mapping[str, str]) -> Table:
    """A row for each piece of work, a column for each contender."""
    who = list(dict.fromkeys(cell.contender for cell in cells))
    ended = {(cell.name, cell.contender): _word(cell) for cell in cells}
    names = [name for name in REPORTED if any(cell.name == name for cell in cells)]
    rows = tuple(
        (
            REPORTED[name].what,
            *(ended.get((name, contender), ABSENT) for contender in who),
            ", ".join(map(_called, REPORTED[name].reports)),
        )
        for name in names
    )
    strong = frozenset(
        (row, column + 1)
        for row, name in enumerate(names)
        for column, contender in enumerate(who)
        if ended.get((name, contender)) == "wrong"
    )
    columns = ("reported", *_called_here(cells, labels), "where")
    return Table(columns, rows, numeric=False, strong=strong)


def _called_here(cells: Sequence[Cell], labels: Mapping[str, str]) -> list[str]:
    """What to call each contender, by its precision too where there are several."""
    precisions = {cell.contender: cell.precision for cell in cells}
    several = len(set(precisions.values())) > 1
    return [
        f"{labels[contender]}, {precision}" if several else labels[contender]
        for contender, precision in precisions.items()
    ]


def _word(cell: Cell) -> str:
    word = _WORDS.get(cell.status, cell.status)
    elsewhere = REPORTED[cell.name].in_16_bits and ITEMSIZE[cell.precision] > 2
    return _NOT_TRIED if word == "right" and elsewhere else word


def _called(address: str) -> str:
    """`pytorch#92311` of the address of an issue."""
    _, _, repository, _, number = address.removeprefix("https://").split("/")
    return f"{repository}#{number}"

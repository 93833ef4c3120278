"""The content's tables with every figure in words: renderers only add their markup."""

from __future__ import annotations

from collections.abc import Sequence

from reports import formatting
from reports.analysis import suite_leaders
from reports.analysis.configurations import Setup
from reports.analysis.ranking import Group, Overhead, Ranking, Row
from reports.document import Table
from reports.formatting import ABSENT, Figure

_SUPERSCRIPTS = str.maketrans("0123456789,", "⁰¹²³⁴⁵⁶⁷⁸⁹˒")


def with_notes(label: str, notes: Sequence[int]) -> str:
    """The label with the numbers of its notes raised beside it."""
    return label + ",".join(map(str, notes)).translate(_SUPERSCRIPTS)


def overview(ranking: Ranking) -> Table:
    """Time and comparison: a row for each size, a column for each contender."""
    rows, strong = list[tuple[str, ...]](), set()
    for number, group in enumerate(ranking.groups):
        mine = {row.label: row for row in group.rows}
        row: list[str] = [formatting.count(group.size)]
        for at, line in enumerate(ranking.lines, start=1):
            found = mine.get(line.label)
            if found is None:
                row.append(f"{ABSENT}\n{group.missing.get(line.label, '')}")
                continue
            text = f"{formatting.seconds(found.cell.time_s)}\n{suite_leaders.words(found)}"
            row.append(Figure(text, found.cell.time_s))
            if found.standing == "fastest":
                strong.add((number, at))
        rows.append(tuple(row))
    heads = (with_notes(line.label, line.notes) for line in ranking.lines)
    return Table((ranking.size_of, *heads), tuple(rows), strong=frozenset(strong))


def details(ranking: Ranking) -> Table:
    """Every figure of every contender, by size, fastest first."""
    columns = [ranking.size_of, "contender", "time", "interval", "compared", "ratio's interval"]
    columns += ["tokens/s"] * ranking.shows_tokens
    columns += ["FLOP/s"] * ranking.shows_flop + ["GB/s"] * ranking.shows_bytes
    columns += ["latency", "first step", "spread", "peak memory"]
    rows, strong = list[tuple[str, ...]](), set()
    for group in ranking.groups:
        strong.add((len(rows), 0))
        rows += [_detail(ranking, group, row) for row in group.rows]
    return Table(tuple(columns), tuple(rows), strong=frozenset(strong), kind="details")


def _detail(ranking: Ranking, group: Group, row: Row) -> tuple[str, ...]:
    between = ABSENT
    if row.cell.low_s is not None and row.cell.high_s is not None:
        between = f"{formatting.seconds(row.cell.low_s)} to {formatting.seconds(row.cell.high_s)}"
    throughput = [formatting.rate(row.cell.tokens_per_s)] * ranking.shows_tokens
    throughput += [formatting.flop_rate(row.cell.flop_per_s)] * ranking.shows_flop
    if ranking.shows_bytes and row.cell.bytes_per_s is not None:
        throughput.append(formatting.number(row.cell.bytes_per_s, 1e9))
    return (
        formatting.count(group.size),
        with_notes(row.label, row.notes),
        formatting.seconds(row.cell.time_s),
        between,
        Figure(suite_leaders.words(row), row.ratio.value if row.ratio else 1.0),
        suite_leaders.interval(row),
        *throughput,
        formatting.seconds(row.cell.latency_s),
        formatting.seconds(row.cell.first_step_s),
        formatting.percent(row.cell.spread),
        formatting.memory(row.cell.peak_resident_bytes),
    )


def overhead(overheads: Sequence[Overhead]) -> Table:
    """What the null adapter took."""
    return Table(
        ("work left out", "n", "time of a step", "latency"),
        tuple(
            (
                each.workload,
                formatting.count(each.size),
                formatting.seconds(each.time_s),
                formatting.seconds(each.latency_s),
            )
            for each in overheads
        ),
    )


def environments(setups: Sequence[Setup]) -> tuple[tuple[str, str], ...]:
    """Each contender's packages and the variables that change its figures, as label and text."""
    return tuple(
        (setup.label, "; ".join(filter(None, (setup.path, setup.versions, setup.environment))))
        for setup in setups
    )


def versions(setups: Sequence[Setup]) -> Table:
    """Versions and settings of each contender."""
    columns = ("contender", "version", "device", "precision", "execution", "threads", "Python")
    rows = tuple(
        (
            setup.label,
            setup.version or ABSENT,
            setup.device,
            setup.precision,
            setup.execution,
            str(setup.threads or "default"),
            setup.python or ABSENT,
        )
        for setup in setups
    )
    return Table(columns, rows, numeric=False)

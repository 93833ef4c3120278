"""What a machine's page holds beside its strips: every figure, and the runs behind them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from urllib.parse import quote

from markupsafe import Markup, escape

from bench import names
from bench.store import layout
from reports.chapters.cpu_vs_gpu import sized
from reports.formatting import ABSENT, count, digits, plain, seconds
from reports.frame import FAULTS
from reports.site.figures import Figure, Machine, Run

MOST_RUNS = 200
"""Runs that the page lists: the newest, and those that it has figures of."""


@dataclass(frozen=True)
class SuiteTable:
    """A suite's figures."""

    suite: str
    words: str
    cases: int
    figures: int
    table: Markup


def runs(machine: Machine) -> tuple[Run, ...]:
    """Those that figures link to come in any case."""
    used = {figure.sha256 for figure in machine.figures}
    listed = machine.runs[:MOST_RUNS]
    return (*listed, *(run for run in machine.runs[MOST_RUNS:] if run.sha256 in used))


def anchor(sha256: str) -> str:
    """Of a run on its machine's page."""
    return f"run-{sha256[:16]}"


def address(store: str, sha256: str) -> str:
    """Of a run's records, seen from the folder in which the site's and the store's lie."""
    return quote(f"{store}/{layout.run(sha256)}")


def tables(machine: Machine) -> Iterator[SuiteTable]:
    """A table of each suite; its rows are written by hand, as in `render.html_table`."""
    told = {run.sha256: run for run in machine.runs}
    for suite, group in groupby(machine.figures, key=lambda figure: figure.suite):
        mine = list(group)
        cases = [list(each) for _, each in groupby(mine, key=lambda figure: figure.work)]
        rows = "".join(_case(each, told) for each in cases)
        yield SuiteTable(
            suite, plain(names.suite(suite), 60), len(cases), len(mine), Markup(_HEAD + rows + _END)
        )


_HEADS = ("work", "framework", "device", "one step", "95 % interval", "", "version", "run", "trust")
_HEAD = (
    '<table class="words details"><thead><tr>'
    + "".join(f'<th scope="col">{head or "against the fastest"}</th>' for head in _HEADS)
    + "</tr></thead>\n<tbody>\n"
)
_END = "</tbody></table>"


def _case(figures: Sequence[Figure], told: Mapping[str, Run]) -> str:
    """The rows of one case: the fastest first, those without a time last."""
    base = figures[0].time_s if figures[0].status == "ok" else None
    best: dict[str, Figure] = {}
    for figure in figures:
        best.setdefault(figure.framework, figure)
    return "".join(
        _row(figure, base, at == 0, figure is best[figure.framework], told)
        for at, figure in enumerate(figures)
    )


def _row(
    figure: Figure, base: float | None, first: bool, best: bool, told: Mapping[str, Run]
) -> str:
    run = told[figure.sha256]
    work = names.work(figure.suite, figure.name)
    size = sized(count(figure.size), figure.size_of or "size")
    precision = f", {figure.precision}" if figure.precision != "float32" else ""
    how = f" <small>{escape(figure.spec)}</small>" if figure.spec != figure.framework else ""
    link = f'<a href="#{anchor(run.sha256)}">{escape(run.received_at[:10])}</a>'
    return (
        f'<tr{" class=first" if first else ""}><th scope="row">{escape(work)}, '
        f"{escape(size)}{escape(precision)}</th><td>{escape(figure.framework)}{how}</td>"
        f"<td>{escape(figure.device_kind.upper())}</td>{_time(figure, base, best)}"
        f"<td>{escape(figure.version or ABSENT)}</td><td>{link}</td>"
        f"<td>{escape(run.tier_of(figure))}</td></tr>\n"
    )


def _time(figure: Figure, base: float | None, best: bool) -> str:
    """Its time, interval and distance."""
    if figure.status != "ok" or base is None:
        return f'<td class="fault">{FAULTS.get(figure.status, ABSENT)}</td><td></td><td></td>'
    between = ABSENT
    if figure.has_interval:
        between = f"{seconds(figure.low_s)} to {seconds(figure.high_s)}"
    ratio = figure.time_s / base
    distance = "fastest" if ratio == 1 else f"{digits(ratio)}x"
    mark = ' class="best"' if best else ""
    return (
        f'<td{mark} data-v="{figure.time_s!r}">{seconds(figure.time_s)}</td><td>{between}</td>'
        f'<td data-v="{ratio!r}">{distance}</td>'
    )

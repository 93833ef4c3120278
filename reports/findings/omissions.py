"""What was left out on purpose, by reason, with the command that runs it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from reports import repeat
from reports.context import ReportContext
from reports.findings.finding import called, listed, placed
from reports.findings.measured_cells import planned_contenders
from reports.formatting import plain


@dataclass(frozen=True)
class Omission:
    """Work that was not attempted, for one reason."""

    reason: str
    what: tuple[str, ...]


def find(context: ReportContext) -> tuple[Omission, ...]:
    """What was skipped, by reason; last what the run's time did not hold, with what runs it."""
    found: dict[str, list[str]] = {}
    skipped = context.results.cells[context.results.cells["status"] == "skipped"]
    for (run, contender, reason), cells in skipped.groupby(
        ["run", "contender", "reason"], sort=False
    ):
        where = f"{called(context, run, contender)}: {listed(cells['case'])}"
        found.setdefault(plain(reason), []).append(placed(context, run, where))
    planned = planned_contenders(context.results)
    for absent in context.results.absent:
        if absent.status == "skipped" and (absent.run, absent.contender) not in planned:
            where = placed(context, absent.run, plain(absent.contender))
            found.setdefault(plain(absent.reason), []).append(where)
    skipped = (Omission(reason, tuple(what)) for reason, what in found.items())
    return (*skipped, *_no_time(context))


def _no_time(context: ReportContext) -> Iterator[Omission]:
    late = context.results.cells[context.results.cells["status"] == "no time"]
    for run, cells in late.groupby("run", sort=False):
        cases = listed(cells["case"].unique())
        more = repeat.longer(context.results.runs[run])
        yield Omission(f"no time for {len(cells)} cells: {more}", (placed(context, run, cases),))

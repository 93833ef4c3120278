"""Findings about answers and times that verification itself judged: what it refused, and how far it
could see."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, placed
from reports.formatting import plain
from reports.ingest.slices import KEY
from reports.repeat import again


def wrong(context: ReportContext) -> Iterator[Finding]:
    for (run, contender, reason), cells in _worst_first(context, "wrong"):
        yield Finding(
            severity="wrong",
            what=f"{called(context, run, contender)} gives wrong answers: {plain(reason)}",
            where=placed(context, run, listed(cells["case"])),
            action="Not ranked in these cases. Try another version of the framework, or report it "
            f"to its makers with this command: {again(context.results, cells)}",
        )


def untimed(context: ReportContext) -> Iterator[Finding]:
    for (run, contender, reason), cells in _worst_first(context, "untimed"):
        yield Finding(
            severity="untimed",
            what=f"the time of {called(context, run, contender)} is not credible: {plain(reason)}",
            where=placed(context, run, listed(cells["case"])),
            action="Not ranked in these cases, although no answer was found wrong. Check what its "
            f"`wait` completes and where it computes, then repeat: {again(context.results, cells)}",
        )


def withdrawn(context: ReportContext) -> Iterator[Finding]:
    """What the reference itself could not pass: nobody's fault, and nobody's proof either."""
    cells = context.results.cells[context.results.cells["status"] == "withdrawn"]
    for (run, reason), mine in cells.groupby(["run", "reason"], sort=False):
        who = [called(context, run, each) for each in mine["contender"].unique()]
        yield Finding(
            severity="withdrawn",
            what=f"{listed(mine['case'].unique())}: answers cannot be checked: {plain(reason)}",
            where=placed(
                context,
                run,
                listed(who),
            ),
            action="Neither wrong nor ranked: the reference itself would fail this check. "
            "Change the work, for example its learning rate, so that its answers can be known.",
        )


def reach(context: ReportContext) -> Iterator[Finding]:
    """How far answers were checked, where that is not all the way."""
    found: dict[tuple[str, str, str], list[str]] = {}
    for (run, contender, case), reach in context.results.reach.items():
        found.setdefault((run, case, plain(reach)), []).append(called(context, run, contender))
    for (run, case, reach), contenders in found.items():
        yield Finding(
            severity="note",
            what=f"{plain(case)}: {reach}",
            where=placed(context, run, listed(contenders)),
            action="Beyond that two right answers may differ, so they are not checked.",
        )


def _worst_first(
    context: ReportContext, status: str
) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    """Cells by contender and reason, those off by the largest factor first."""
    cells = context.results.cells[context.results.cells["status"] == status]
    keys = cells[KEY].itertuples(index=False, name=None)
    off_by = pd.Series([-context.results.off_by.get(key, 0.0) for key in keys], cells.index, float)
    cells = cells.loc[off_by.sort_values(kind="stable").index]
    yield from cells.groupby(["run", "contender", "reason"], sort=False)

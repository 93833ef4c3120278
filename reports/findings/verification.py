"""Findings about answers and times that verification itself judged: what it refused, and how far it
could see."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, placed
from reports.formatting import digits, plain
from reports.ingest.slices import KEY
from reports.repeat import again
from reports.verdicts.failed_checks import Mistake


def wrong(context: ReportContext) -> Iterator[Finding]:
    """One finding for each contender and check that failed."""
    for run, contender, mistake, cells in _by_check(context, "wrong"):
        who = called(context, run, contender)
        up_to = "up to " if len(cells) > 1 else ""
        what = f"{who} is wrong: {plain(mistake.check)}: {plain(mistake.said)}"
        if math.isfinite(mistake.factor):
            times = f"{up_to}{digits(mistake.factor, 2)}x"
            what = f"{who} is wrong by {times} the limit: {plain(mistake.check)} ({mistake.said})"
        elif not mistake.said:
            what = f"{who} is wrong: {plain(mistake.check)}"
        yield Finding(
            severity="wrong",
            what=what,
            where=placed(context, run, listed(cells["case"].tolist())),
            run=run,
            action="Not ranked in these cases. Try another version of the framework, or report it "
            "to its makers with this command.",
            about=who,
            effect=mistake.factor,
            command=_again(context, run, contender, "wrong"),
        )


def untimed(context: ReportContext) -> Iterator[Finding]:
    """One finding for each contender and reason for which its clock is not believed."""
    for run, contender, mistake, cells in _by_check(context, "untimed"):
        who = called(context, run, contender)
        why = plain(mistake.check)
        if math.isfinite(mistake.factor):
            times = f"{'up to ' * (len(cells) > 1)}{digits(mistake.factor, 2)}x"
            why = f"{why}: {times} the limit ({mistake.said})"
        elif mistake.said:
            why = f"{why}: {plain(mistake.said)}"
        yield Finding(
            severity="untimed",
            what=f"the time of {who} is not credible: {why}",
            where=placed(context, run, listed(cells["case"].tolist())),
            run=run,
            action="Not ranked in these cases, although no answer was found wrong. Check what its "
            "`wait` completes and where it computes, then repeat.",
            about=who,
            effect=mistake.factor,
            command=_again(context, run, contender, "untimed"),
        )


def withdrawn(context: ReportContext) -> Iterator[Finding]:
    """What the reference itself could not pass: nobody's fault, and nobody's proof either."""
    cells = context.results.cells[context.results.cells["status"] == "withdrawn"]
    for (run, reason), mine in cells.groupby(["run", "reason"], sort=False):
        who = [called(context, run, each) for each in mine["contender"].unique()]
        yield Finding(
            severity="withdrawn",
            what=f"{listed(mine['case'].unique())}: answers cannot be checked: {plain(reason)}",
            where=placed(context, run, listed(who)),
            run=run,
            action="Neither wrong nor ranked: the reference itself would fail this check. "
            "Change the work, for example its learning rate, so that its answers can be known.",
            effect=float(len(mine)),
            brief="some answers cannot be checked, since the reference itself fails",
        )


def reach(context: ReportContext) -> Iterator[Finding]:
    """How far answers were checked, where that is not all the way."""
    found: dict[tuple[str, str], dict[str, dict[str, None]]] = {}
    for (run, contender, case), reach in context.results.reach.items():
        cases = found.setdefault((run, plain(reach)), {"cases": {}, "who": {}})
        cases["cases"][case] = None
        cases["who"][called(context, run, contender)] = None
    for (run, reach), named in found.items():
        yield Finding(
            severity="note",
            what=f"{reach}: {listed(list(named['cases']))}",
            where=placed(context, run, listed(list(named["who"]))),
            run=run,
            action="Beyond that two right answers may differ, so they are not checked.",
        )


def _by_check(
    context: ReportContext, status: str
) -> Iterator[tuple[str, str, Mistake, pd.DataFrame]]:
    """Cells by contender and by what is off most in them, with the worst of it; the largest
    first."""
    cells = context.results.cells[context.results.cells["status"] == status]
    keys = cells[KEY].itertuples(index=False, name=None)
    mistakes = [
        context.results.worst.get(key) or Mistake(reason, math.inf, "")
        for key, reason in zip(keys, cells["reason"], strict=True)
    ]
    cells = cells.assign(
        check=[mistake.check for mistake in mistakes],
        factor=[mistake.factor for mistake in mistakes],
        mistake=mistakes,
    ).sort_values("factor", ascending=False, kind="stable")
    for (run, contender, _), mine in cells.groupby(["run", "contender", "check"], sort=False):
        yield run, contender, mine["mistake"].iloc[0], mine


def _again(context: ReportContext, run: str, contender: str, status: str) -> str:
    """One command for all cells of a contender that ended so."""
    cells = context.results.cells
    own = (cells["run"] == run) & (cells["contender"] == contender) & (cells["status"] == status)
    return again(context.results, cells[own])

"""Findings about how much figures vary, and how few of them there are."""

from __future__ import annotations

from collections.abc import Iterator

import pandas as pd

from bench.statistics.estimates import BEYOND, ENOUGH_ROUNDS
from reports.analysis.unresolved_hint import STARTS
from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, placed
from reports.formatting import digits, percent, plain
from reports.frame import NULL
from reports.repeat import FINER, command
from reports.verdicts.busy import is_busy

NOISY = 0.10
"""Relative deviation between rounds from which a cell is doubtful (pyperf warns at the same)."""


def busy(context: ReportContext) -> Iterator[Finding]:
    slices = context.results.slices
    known = slices[(slices["wall_s"] > 0) & slices["others_cpu_s"].notna()]
    sums = known.groupby("run", sort=False)[["others_cpu_s", "wall_s"]].sum()
    for run, used in (sums["others_cpu_s"] / sums["wall_s"]).items():
        cores = context.results.runs[run].machine.cores_logical
        if is_busy(used, cores):
            of = f"{digits(used, 2)} of {cores}" if cores else digits(used, 2)
            yield Finding(
                severity="busy",
                what=f"other programs used {of} cores while contenders were timed",
                where=placed(context, run, "all cases"),
                run=run,
                action="Close them and repeat.",
                effect=1 + float(used) / (cores or 1),
                command=command(context.results.runs[run]),
                brief=f"other programs used {of} cores",
            )


def noisy(context: ReportContext) -> Iterator[Finding]:
    cells = context.results.cells
    ranked = cells[cells["verified"] & (cells["framework"] != NULL)]
    restless = ranked[ranked["spread"] > NOISY].sort_values("spread", ascending=False)
    for run in restless["run"].unique():
        mine = ranked[ranked["run"] == run]
        noisy = restless[restless["run"] == run]
        worst, outliers = noisy.iloc[0], noisy["outliers"].sum()
        most = called(context, run, worst["contender"])
        counts = mine["contender"].value_counts(sort=False)
        where = [
            f"{called(context, run, str(who))} {n} of {counts[who]}"
            for who, n in noisy["contender"].value_counts().items()
        ]
        yield Finding(
            severity="noisy",
            what=f"{len(noisy)} of {len(mine)} results vary by more than {percent(NOISY)} from "
            f"round to round, most of all {most} in {plain(worst['case'])} "
            f"({percent(worst['spread'])})"
            + (
                f"; {outliers:.0f} of their {noisy['rounds'].sum():.0f} rounds are outliers, "
                "which count like all others"
                if outliers
                else ""
            ),
            where=placed(context, run, listed(where)),
            run=run,
            action="Trust the intervals, not the third digit. Close other programs, plug in the "
            f"power supply and repeat with {_longer(context, run)}.",
            effect=len(noisy) / len(mine),
            brief=f"{len(noisy)} of {len(mine)} results vary by more than {percent(NOISY)}",
        )


def few_rounds(context: ReportContext) -> Iterator[Finding]:
    verified = context.results.cells[context.results.cells["verified"]]
    for unit, several in (("rounds", False), ("starts", True)):
        mine = verified[(verified["starts"] > 1) == several]
        few = mine[mine[unit] < ENOUGH_ROUNDS]
        if few.empty:
            continue
        yield Finding(
            severity="note",
            what=f"{len(few)} of {len(verified)} results have fewer than {ENOUGH_ROUNDS} {unit}, "
            "too few for a 95 % interval: there slower means that every round is beyond "
            f"{BEYOND:g}x",
            where=listed([f"run {run}" for run in few["run"].unique()]),
            action=f"For smaller differences, use {_finer(context, few, several)}.",
            effect=len(few) / len(verified),
            brief=f"{len(few)} of {len(verified)} results are of so few {unit} that only "
            f"differences above {percent(BEYOND - 1)} are told",
        )


def _finer(context: ReportContext, few: pd.DataFrame, several: bool) -> str:
    """What would have taken more rounds, or starts, of the first run that has too few."""
    if several:
        return f"STARTS={STARTS}"
    return _longer(context, few["run"].iloc[0])


def _longer(context: ReportContext, run: str) -> str:
    preset = context.results.runs[run].settings.get("preset")
    return f"PRESET={FINER[str(preset)]}" if preset in FINER else "more time, as with TIME=1h"

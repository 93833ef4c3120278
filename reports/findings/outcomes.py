"""Findings about work that came to nothing, was left out, or came with a note."""

from __future__ import annotations

import math
from collections.abc import Iterator

import pandas as pd

from bench.fleet.note import LOST
from bench.schema import Failed
from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, placed
from reports.findings.measured_cells import planned_contenders
from reports.formatting import plain
from reports.frame import NULL
from reports.ingest.reading import LeftOut
from reports.repeat import BENCH, again, alone, command, quoted

GO_ON = "The fleet's own command with RESUME=yes goes on."


def failed(context: ReportContext) -> Iterator[Finding]:
    for (run, contender, reason), cells in _by_reason(context, "failed"):
        failure, what = _failure(context, run, contender, reason)
        yield Finding(
            severity="failed",
            what=f"{called(context, run, contender)} failed: {what}",
            where=placed(context, run, listed(cells["case"].tolist())),
            run=run,
            action=GO_ON if failure.stage == LOST else _after(failure, "Try it alone."),
            about=called(context, run, contender),
            effect=float(len(cells)),
            command="" if failure.stage == LOST else again(context.results, cells),
        )


def absent(context: ReportContext) -> Iterator[Finding]:
    """Contenders that failed before a single cell of theirs was planned."""
    planned = planned_contenders(context.results)
    for absent in context.results.absent:
        if absent.status == "failed" and (absent.run, absent.contender) not in planned:
            failure, what = _failure(context, absent.run, absent.contender, absent.reason)
            name = plain(absent.contender)
            advice = "Try it alone to see why."
            environment = quoted(name.partition("@")[0])
            run = context.results.runs[absent.run]
            to_type = alone(run, name)
            repeat = command(run)
            if ":" in environment and not any(environment in each for each in run.arguments):
                # A Python of the user's own, whose path stands there in place of its name.
                advice, to_type = "It runs in a Python of your own. When that is mended:", repeat
            elif failure.stage == "import" and not environment.endswith(".py"):
                advice = "Make its environment anew."
                to_type = f"{BENCH} env remove {environment}; {repeat}"
            yield Finding(
                severity="failed",
                what=f"{name} could not be used: {what}",
                where=placed(context, absent.run, "all its cases"),
                run=absent.run,
                action=_after(failure, advice),
                about=name,
                effect=math.inf,
                command=to_type,
            )


def unfinished(context: ReportContext) -> Iterator[Finding]:
    cells = context.results.cells
    counts = cells["run"].value_counts(sort=False)
    for run, mine in cells[cells["status"] == "incomplete"].groupby("run", sort=False):
        asked = context.results.runs[run]
        of_fleet = "--records-only" in asked.arguments
        go_on = GO_ON if of_fleet else "This goes on where it stopped."
        yield Finding(
            severity="unfinished",
            what=f"{len(mine)} of {counts[run]} results: {listed(mine['reason'].unique())}",
            where=placed(context, run, listed(mine["case"].unique())),
            run=run,
            action=f"The rest is reported. {go_on}",
            effect=float(len(mine) / counts[run]),
            command="" if of_fleet else f"{command(asked)} --resume",
            brief=f"the run ended early, {len(mine)} of {counts[run]} results are missing",
        )


def lost(context: ReportContext) -> Iterator[Finding]:
    """Machines of a fleet: what there is no record of stands in no table."""
    if every := context.results.lost:
        yield Finding(
            severity="unfinished",
            what="a fleet has no record of what was asked of some machines",
            where=listed([f"{each.machine} ({listed(each.suites)})" for each in every]),
            action=f"Lost before the first record, or not there yet. {GO_ON}",
            effect=float(len(every)),
            brief=f"a fleet has no record of {listed([each.machine for each in every])}",
        )


def left_out(context: ReportContext) -> Iterator[Finding]:
    by_file: dict[str, list[LeftOut]] = {}
    for left in context.results.left_out:
        by_file.setdefault(str(left.path), []).append(left)
    for path, lefts in by_file.items():
        lines = [
            f"line {left.line}: {plain(left.reason, 120)}" if left.line else plain(left.reason)
            for left in lefts
        ]
        yield Finding(
            severity="left out",
            what=listed(lines, separator="; "),
            where=plain(f"{path}"),
            action="The whole file is left out. Expected records.jsonl as a run wrote it."
            if lefts[0].whole
            else "The rest of the file is reported. It may be cut off, or edited by hand.",
            brief="part of a file could not be read",
        )


def notes(context: ReportContext) -> Iterator[Finding]:
    """Each note once, however many runs have it."""
    found: dict[str, dict[str, dict[str, None]]] = {}
    for (run, contender), runtime in context.results.runtimes.items():
        for note in runtime.notes if NULL not in runtime.versions else ():
            contenders = found.setdefault(plain(note), {})
            contenders.setdefault(called(context, run, contender), {})[run] = None
    for note, contenders in found.items():
        runs = list(dict.fromkeys(run for mine in contenders.values() for run in mine))
        who = listed(list(contenders))
        where = placed(context, runs[0], who) if len(runs) == 1 else f"{who}, in {len(runs)} runs"
        yield Finding(severity="note", what=note, where=where, action="")


def _failure(context: ReportContext, run: str, contender: str, reason: str) -> tuple[Failed, str]:
    """The record behind a reason; and the reason with the last line printed, where that is more."""
    failure = context.results.failures[run, contender, reason]
    lines = map(plain, reversed((failure.output_tail or "").splitlines()))
    what, last = plain(reason), next(filter(None, lines), "")
    return failure, what if last in what else f"{what}. It printed last: {last}"


def _after(failure: Failed, advice: str) -> str:
    """The advice, after what else there is to know about the failure."""
    killed = "The system also sends SIGKILL when memory runs out. "
    printed = "What it printed is in the run's records. "
    return killed * (failure.signal == "SIGKILL") + printed * bool(failure.output_tail) + advice


def _by_reason(
    context: ReportContext, status: str
) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    cells = context.results.cells[context.results.cells["status"] == status]
    yield from cells.groupby(["run", "contender", "reason"], sort=False)

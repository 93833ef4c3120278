"""What is wrong or doubtful, gravest first, with what to do; and what was left out on purpose."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from bench.schema import Failed
from bench.statistics.estimates import BEYOND, ENOUGH_ROUNDS
from reports import repeat as rerun
from reports.analysis.unresolved_hint import STARTS
from reports.chapters.learning import Learned
from reports.findings import device_guards, guards, plausibility, steadiness, verification
from reports.findings.finding import Finding, listed, placed
from reports.findings.partly import partly_cpu
from reports.formatting import digits, percent, plain
from reports.frame import NULL, Results
from reports.ingest.reading import LeftOut
from reports.repeat import BENCH, again, command, quoted

NOISY = 0.10
"""Relative deviation between rounds from which a cell is doubtful (pyperf warns at the same)."""

BUSY = 0.25
"""Cores that other programs may use before a whole run is doubtful."""


@dataclass(frozen=True)
class Omission:
    """Work that was not attempted, for one reason."""

    reason: str
    what: tuple[str, ...]


def find(results: Results, learned: Sequence[Learned]) -> tuple[Finding, ...]:
    """All findings, gravest first; then those about published figures."""
    judged = verification.wrong, plausibility.unlikely(learned), verification.untimed
    missing = partly_cpu, _failed, _absent, verification.withdrawn, _unfinished
    restless = _busy, steadiness.slowed, steadiness.restrained, _noisy, steadiness.drifting
    notes = _notes, verification.reach, plausibility.twins, plausibility.fresh, _few_rounds
    kinds = (
        *(*judged, *_SUSPECT, *missing, *restless),
        *(_left_out, *notes, plausibility.published(learned)),
    )
    return tuple(finding for kind in kinds for finding in kind(results))


def omissions(results: Results) -> tuple[Omission, ...]:
    """What was skipped, by reason; last what the run's time did not hold, with what runs it."""
    found: dict[str, list[str]] = {}
    skipped = results.cells[results.cells["status"] == "skipped"]
    for (run, contender, reason), cells in skipped.groupby(
        ["run", "contender", "reason"], sort=False
    ):
        where = f"{plain(contender)}: {listed(cells['case'])}"
        found.setdefault(plain(reason), []).append(placed(results, run, where))
    planned = set(zip(results.cells["run"], results.cells["contender"], strict=True))
    for absent in results.absent:
        if absent.status == "skipped" and (absent.run, absent.contender) not in planned:
            where = placed(results, absent.run, plain(absent.contender))
            found.setdefault(plain(absent.reason), []).append(where)
    skipped = (Omission(reason, tuple(what)) for reason, what in found.items())
    return (*skipped, *_no_time(results))


def _no_time(results: Results) -> Iterator[Omission]:
    late = results.cells[results.cells["status"] == "no time"]
    for run, cells in late.groupby("run", sort=False):
        cases = listed(cells["case"].unique())
        more = rerun.longer(results.runs[run])
        yield Omission(f"no time for {len(cells)} cells: {more}", (placed(results, run, cases),))


_SUSPECT = (
    *(guards.impossible, guards.flat, guards.discarded, guards.hasty),
    *(guards.recompiling, guards.first_call, device_guards.moved, device_guards.off_device),
)


# --- kinds, gravest first ---------------------------------------------------------------------


def _failed(results: Results) -> Iterator[Finding]:
    for (run, contender, reason), cells in _by_reason(results, "failed"):
        failure, what = _failure(results, run, contender, reason)
        yield Finding(
            severity="failed",
            what=f"{plain(contender)} failed: {what}",
            where=placed(results, run, listed(cells["case"])),
            action=_after(failure, f"Try it alone: {again(results, cells)}"),
        )


def _absent(results: Results) -> Iterator[Finding]:
    """Contenders that failed before a single cell of theirs was planned."""
    planned = set(zip(results.cells["run"], results.cells["contender"], strict=True))
    for absent in results.absent:
        if absent.status == "failed" and (absent.run, absent.contender) not in planned:
            failure, what = _failure(results, absent.run, absent.contender, absent.reason)
            name = plain(absent.contender)
            advice = f"Try it alone to see why: make bench FRAMEWORK={quoted(name)}"
            environment = quoted(name.partition("@")[0])
            if failure.stage == "import" and not environment.endswith(".py"):
                repeat = command(results.runs[absent.run])
                advice = f"Make its environment anew: {BENCH} env remove {environment}; {repeat}"
            yield Finding(
                severity="failed",
                what=f"{name} could not be used: {what}",
                where=placed(results, absent.run, "all its cases"),
                action=_after(failure, advice),
            )


def _failure(results: Results, run: str, contender: str, reason: str) -> tuple[Failed, str]:
    """The record behind a reason; and the reason with the last line printed, where that is more."""
    failure = results.failures[run, contender, reason]
    lines = map(plain, reversed((failure.output_tail or "").splitlines()))
    what, last = plain(reason), next(filter(None, lines), "")
    return failure, what if last in what else f"{what}. It printed last: {last}"


def _after(failure: Failed, advice: str) -> str:
    """The advice, after what else there is to know about the failure."""
    killed = "The system also sends SIGKILL when memory runs out. "
    printed = "What it printed is in the run's records. "
    return killed * (failure.signal == "SIGKILL") + printed * bool(failure.output_tail) + advice


def _unfinished(results: Results) -> Iterator[Finding]:
    cells = results.cells
    counts = cells["run"].value_counts(sort=False)
    for run, mine in cells[cells["status"] == "incomplete"].groupby("run", sort=False):
        yield Finding(
            severity="unfinished",
            what=f"{len(mine)} of {counts[run]} cells: {listed(mine['reason'].unique())}",
            where=placed(results, run, listed(mine["case"].unique())),
            action=f"The others are reported. Repeat it: {command(results.runs[run])}",
        )


def _busy(results: Results) -> Iterator[Finding]:
    slices = results.slices
    known = slices[(slices["wall_s"] > 0) & slices["others_cpu_s"].notna()]
    sums = known.groupby("run", sort=False)[["others_cpu_s", "wall_s"]].sum()
    for run, used in (sums["others_cpu_s"] / sums["wall_s"]).items():
        if used > BUSY:
            cores = results.runs[run].machine.cores_logical
            of = f"{digits(used, 2)} of {cores}" if cores else digits(used, 2)
            yield Finding(
                severity="busy",
                what=f"other programs used {of} cores while contenders were timed",
                where=placed(results, run, "all cases"),
                action="Close them and repeat: " + command(results.runs[run]),
            )


def _noisy(results: Results) -> Iterator[Finding]:
    cells = results.cells
    ranked = cells[cells["verified"] & (cells["framework"] != NULL)]
    restless = ranked[ranked["spread"] > NOISY].sort_values("spread", ascending=False)
    for run in restless["run"].unique():
        mine = ranked[ranked["run"] == run]
        noisy = restless[restless["run"] == run]
        worst = noisy.iloc[0]
        counts = mine["contender"].value_counts(sort=False)
        where = [
            f"{who} {n} of {counts[who]}" for who, n in noisy["contender"].value_counts().items()
        ]
        yield Finding(
            severity="noisy",
            what=f"{len(noisy)} of {len(mine)} cells vary by more than {percent(NOISY)} from round "
            f"to round, most of all {plain(worst['contender'])} in {plain(worst['case'])} "
            f"({percent(worst['spread'])}); {noisy['outliers'].sum():.0f} of their "
            f"{noisy['rounds'].sum():.0f} rounds are outliers, which count like all others",
            where=placed(results, run, listed(where)),
            action="Trust the intervals, not the third digit. Close other programs, plug in the "
            "power supply and repeat with PRESET=standard.",
        )


def _left_out(results: Results) -> Iterator[Finding]:
    by_file: dict[str, list[LeftOut]] = {}
    for left in results.left_out:
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
            else "The rest of the file is reported. A file cut off or edited by hand looks so.",
        )


def _notes(results: Results) -> Iterator[Finding]:
    found: dict[tuple[str, str], list[str]] = {}
    for (run, contender), runtime in results.runtimes.items():
        for note in runtime.notes if NULL not in runtime.versions else ():
            found.setdefault((run, plain(note)), []).append(contender)
    for (run, note), contenders in found.items():
        yield Finding(
            severity="note",
            what=note,
            where=placed(results, run, listed(contenders)),
            action="Read its figures with this in mind.",
        )


def _few_rounds(results: Results) -> Iterator[Finding]:
    verified = results.cells[results.cells["verified"]]
    for unit, several in (("rounds", False), ("starts", True)):
        mine = verified[(verified["starts"] > 1) == several]
        few = mine[mine[unit] < ENOUGH_ROUNDS]
        if few.empty:
            continue
        yield Finding(
            severity="note",
            what=f"{len(few)} of {len(verified)} cells have fewer than {ENOUGH_ROUNDS} {unit}, "
            "which tell no 95 % interval. Slower is said there where every round is beyond "
            f"{BEYOND:g}x",
            where=listed([f"run {run}" for run in few["run"].unique()]),
            action="Fine for a look. For smaller differences, use "
            + (f"STARTS={STARTS}." if several else "PRESET=quick or longer."),
        )


# --- words ------------------------------------------------------------------------------------


def _by_reason(
    results: Results, status: str
) -> Iterator[tuple[tuple[str, str, str], pd.DataFrame]]:
    cells = results.cells[results.cells["status"] == status]
    yield from cells.groupby(["run", "contender", "reason"], sort=False)

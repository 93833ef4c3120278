"""Whether the machine kept its speed: sentinels, power and heat; cells that drift or take ever more
memory."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence

import numpy as np
import pandas as pd

from bench.schema import State
from bench.statistics import estimates
from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, placed
from reports.findings.measured_cells import measured, of_measured
from reports.formatting import digits, memory, percent, plain, seconds
from reports.ingest.slices import KEY
from reports.repeat import command

SLOW = 1.2
"""A sentinel that takes so many times its median found a slower machine."""

SLOW_SHARE = 0.1
"""Share of slices before which it may: single ones are interruptions, which medians survive."""

TREND = 0.1
"""Change of the sentinel, or of a cell, from the first third of a run to the last."""

ENOUGH_SLICES = 30
ENOUGH_ROUNDS = 18
"""Rounds from which thirds can be compared: all six of one lie beyond all six of another once in
460 times by chance."""

LOADED = 1.5
"""Runnable processes for each core before a case. What the run itself did counts in it: about one
for each core, more where a compiler starts many."""


def slowed(context: ReportContext) -> Iterator[Finding]:
    """The host's fixed piece of work took longer at times, or longer and longer."""
    slices = context.results.slices[context.results.slices["sentinel_s"].notna()]
    for run, mine in slices.groupby("run", sort=False):
        yield from _watched(context, str(run), mine, "sentinel_s", "the host")
    slices = context.results.slices[context.results.slices["device_sentinel_s"].notna()]
    for (run, contender), mine in slices.groupby(["run", "contender"], sort=False):
        what = f"the device of {called(context, str(run), str(contender))}"
        yield from _watched(context, str(run), mine, "device_sentinel_s", what)


def _watched(
    context: ReportContext, run: str, slices: pd.DataFrame, sentinel: str, what: str
) -> Iterator[Finding]:
    if len(slices) < ENOUGH_SLICES:
        return
    taken_s, middle_s = slices[sentinel], slices[sentinel].median()
    slow = slices[taken_s > SLOW * middle_s]
    action = "Compare contenders by their ratios, which are paired by round, and cases with care. "
    action += "Close other programs, let it cool, and repeat."
    again = command(context.results.runs[run])
    if len(slow) > SLOW_SHARE * len(slices):
        most, share = digits(taken_s.max() / middle_s, 2), percent(len(slow) / len(slices))
        yield Finding(
            severity="busy",
            what=f"{what} was slowed down (up to {most}x) in {share} of the time: a fixed piece "
            f"of work took {seconds(middle_s)} mostly and {seconds(taken_s.max())} at worst",
            where=placed(context, run, _touched(slow, slices)),
            run=run,
            action=action,
            effect=float(taken_s.max() / middle_s),
            command=again,
            brief=f"{what} was slowed down in {share} of the time",
        )
    change = _change(taken_s.to_numpy())
    if change is not None and abs(change) > TREND:
        late = slices.iloc[-(len(slices) // 3) :]
        yield Finding(
            severity="busy",
            what=f"{what} grew {'slower' if change > 0 else 'faster'} over the run: a fixed piece "
            f"of work took {percent(abs(change))} {'more' if change > 0 else 'less'} time in its "
            "last third than in its first",
            where=placed(context, run, f"last: {listed(list(late['case'].unique()))}"),
            run=run,
            action=action,
            effect=1 + abs(change),
            command=again,
            brief=f"{what} grew {'slower' if change > 0 else 'faster'} by {percent(abs(change))}",
        )


def _touched(slow: pd.DataFrame, slices: pd.DataFrame) -> str:
    """Cases by the share of their slices that were slow, most first."""
    counts = slow["case"].value_counts(sort=False)
    shares = (counts / slices["case"].value_counts(sort=False)).dropna()
    ordered = shares.sort_values(ascending=False, kind="stable").index
    total = slices["case"].value_counts(sort=False)
    return listed([f"{case} ({counts[case]} of {total[case]})" for case in ordered])


def _change(values: estimates.Floats) -> float | None:
    """Relative change of the median from the first third to the last; None within the noise.

    Beyond noise: the interval of the one third's median lies outside that of the other.
    """
    third = len(values) // 3
    first, last = values[:third], values[-third:]
    ends = estimates.interval(first), estimates.interval(last)
    if ends[0] is None or ends[1] is None:
        return None
    if ends[0][0] <= ends[1][1] and ends[1][0] <= ends[0][1]:
        return None
    return float(np.median(last) / np.median(first) - 1)


# --- power, heat, load --------------------------------------------------------------------------


def restrained(context: ReportContext) -> Iterator[Finding]:
    """The machine held itself back, or was at work already, before or after a case."""
    for run, states in context.results.states.items():
        cores = context.results.runs[run].machine.cores_logical
        for what, cases, advice in (*_power(states), _heat(states), _load(states, cores)):
            if cases:
                yield Finding(
                    severity="busy",
                    what=what,
                    where=placed(context, run, listed(list(dict.fromkeys(cases)))),
                    run=run,
                    action=f"{advice}.",
                    effect=1 + len(set(cases)) / max(len({state.case for state in states}), 1),
                    command=command(context.results.runs[run]),
                    brief=what,
                )


Restraint = tuple[str, list[str], str]
"""What it was, the cases it touched, and what to do."""


def _power(states: Sequence[State]) -> Iterator[Restraint]:
    yield (
        "the machine ran on its battery",
        [state.case for state in states if state.power == "battery"],
        "Plug in the power supply and repeat",
    )
    yield (
        "the machine was in its low-power mode",
        [state.case for state in states if state.low_power],
        "Switch it off in the system's settings and repeat",
    )
    yield (
        "the system ran everything in the background, on its slow cores",
        [state.case for state in states if state.background],
        "Start the run in a terminal, without taskpolicy, and repeat",
    )


def _heat(states: Sequence[State]) -> Restraint:
    hot = [state for state in states if state.thermal and state.thermal.lower() != "nominal"]
    words = listed(list(dict.fromkeys(state.thermal or "" for state in hot)))
    advice = "Let it cool down, improve its airflow, and repeat"
    return f"heat limited the machine: {words}", [state.case for state in hot], advice


def _load(states: Sequence[State], cores: int | None) -> Restraint:
    limit = LOADED * cores if cores else math.inf
    loads = {s.case: s.load for s in states if s.phase == "before" and (s.load or 0) > limit}
    most = math.ceil(max((load or 0 for load in loads.values()), default=0))
    what = f"up to {most} programs competed for {cores} cores before a case"
    return what, list(loads), "Close other programs and repeat"


# --- drift --------------------------------------------------------------------------------------


def drifting(context: ReportContext) -> Iterator[Finding]:
    """Cells whose last third of rounds differs from the first by more than noise."""
    found = []
    for key in measured(context.results)[KEY].itertuples(index=False, name=None):
        times_s = context.results.rounds[key].times_s
        change = _change(times_s) if len(times_s) >= ENOUGH_ROUNDS else None
        if change is not None and abs(change) > TREND:
            found.append((*key, change))
    table = pd.DataFrame(found, columns=[*KEY, "change"])
    for run, mine in table.groupby("run", sort=False):
        worst = mine.loc[mine["change"].abs().idxmax()]
        word = "slower" if worst["change"] > 0 else "faster"
        counts = mine["contender"].value_counts().items()
        who = [f"{called(context, str(run), str(name))} {count}" for name, count in counts]
        yield Finding(
            severity="noisy",
            what=f"{len(mine)} result{'s drift' if len(mine) > 1 else ' drifts'} by more than "
            f"{percent(TREND)} from the first third of the rounds to the last, "
            f"most of all {called(context, str(run), worst['contender'])} in "
            f"{plain(worst['case'])} ({percent(abs(worst['change']))} {word})",
            where=placed(context, str(run), listed(who)),
            run=str(run),
            action="Their intervals assume that rounds are alike and are too narrow; ratios of "
            "contenders that drift alike still hold. Let the machine warm up, or cool down, and "
            "repeat.",
            effect=float(abs(worst["change"])),
            command=command(context.results.runs[str(run)]),
            brief=f"{len(mine)} result{'s drift' if len(mine) > 1 else ' drifts'}",
        )


# --- memory -------------------------------------------------------------------------------------

KEPT_BYTES = 64 * 2**20
"""Growth over the rounds of a cell from which on it is no bookkeeping."""

KEPT_SHARE = 0.8
"""Share of rounds that must add to it: a buffer that grows once or twice is not kept anew."""

KEPT_ROUNDS = 6


def growing(context: ReportContext) -> Iterator[Finding]:
    """Workers whose memory grows from round to round: they keep what each step makes."""
    slices = of_measured(context.results)
    slices = slices[slices["peak_resident_bytes"].notna()]
    added = slices.groupby([*KEY, "start"], sort=False)["peak_resident_bytes"].diff()
    table = slices[KEY].assign(added=added, grew=added > 0)[added.notna()]
    cells = table.groupby(KEY, sort=False).agg(
        added=("added", "sum"), share=("grew", "mean"), rounds=("grew", "size")
    )
    kept = (cells["added"] >= KEPT_BYTES) & (cells["share"] >= KEPT_SHARE)
    guilty = cells[kept & (cells["rounds"] >= KEPT_ROUNDS)].reset_index()
    for (run, contender), mine in guilty.groupby(["run", "contender"], sort=False):
        worst = mine.loc[mine["added"].idxmax()]
        who = called(context, str(run), str(contender))
        yield Finding(
            severity="note",
            what=f"the memory of {who} grows while it is timed: by "
            f"{memory(worst['added'])} over {worst['rounds']} rounds of {plain(worst['case'])}",
            where=placed(context, run, listed(mine["case"].tolist())),
            run=run,
            action="Something that each step makes is kept, such as results or a graph. A longer "
            "run may end for want of memory: look for what the step or the adapter holds on to.",
        )

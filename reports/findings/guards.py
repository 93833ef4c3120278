"""Guards: figures that cannot be what they claim to be, by what the records say beside the times.

A guard infers, it does not prove: unlike a wrong answer it keeps no cell out of a ranking; what is
beyond doubt does (`reports/verdicts/untimed.py`). Each takes the report's context and yields
findings; what it cannot see stands in docs/method/can-a-figure-be-used.md.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from bench.statistics import estimates
from reports.context import ReportContext
from reports.findings.finding import Finding, called, listed, suspect
from reports.findings.measured_cells import measured, of_measured
from reports.formatting import digits, percent, plain, seconds, times
from reports.ingest.slices import KEY
from reports.verdicts import above_limits

FLAT = 1.1
"""A figure that grows by less does not grow."""

FLAT_WORK = 100.0
EVIDENT_FLOP = 1e11
"""From so much work on a step is no waiting for a device, on any: 1 ms at 100 TFLOP/s."""

HASTY = 0.7
"""A step with a wait of its own does all that a step among many does, and waits besides. GPUs take
steps one after another; a CPU's threads, free of the dispatch of other steps, may honestly be that
much faster, so it is not asked of CPUs."""
HASTY_ROUNDS = 3
HASTY_SURE = 4.0
"""Standard errors beyond that: a noisy device's rounds spread by a third and more."""

DEEP = 64
MARGIN = 1 / 400
"""What each of so many steps in flight adds at least to the time of one alone. A device's dispatch
takes microseconds, its synchronisation some tenths of a millisecond."""


def impossible(context: ReportContext) -> Iterator[Finding]:
    """Faster than the device can be: not done, not waited for, or folded into a constant.

    What is so by more than a slip of counting is `untimed` instead (`reports/verdicts/untimed.py`).
    """
    beyond = above_limits.beyond(measured(context.results), context.results.runs)
    for (run, contender), mine in beyond.groupby(["run", "contender"], sort=False):
        who = called(context, str(run), str(contender))
        yield suspect(
            context,
            mine,
            about=who,
            effect=float(mine["excess"].max()),
            what=f"{who} {above_limits.words(mine)}",
            action="Do not use this figure: the device did less work, used another precision, or "
            "was not waited for; or a compiler treated inputs as constants.",
        )


def flat(context: ReportContext) -> Iterator[Finding]:
    """A time that does not grow with the work: results were never worked out."""
    cells = measured(context.results)
    work = ["run", "contender", "suite", "name"]
    large = (
        cells[cells["flop"] >= EVIDENT_FLOP].sort_values("flop").drop_duplicates(work, keep="last")
    )
    small = cells.sort_values("flop").drop_duplicates(work)
    pairs = large.merge(small, on=work, suffixes=("", "_small"))
    grown = pairs["flop"] / pairs["flop_small"].clip(lower=1)
    pairs = pairs.assign(grown=grown)[
        (grown >= FLAT_WORK) & (pairs["time_s"] < FLAT * pairs["time_s_small"])
    ]
    for at, pair in zip(pairs.index, pairs.itertuples(), strict=True):
        who = called(context, pair.run, pair.contender)
        yield suspect(
            context,
            pairs.loc[[at]],
            about=who,
            effect=float(pair.grown),
            what=f"{who} takes {seconds(pair.time_s)} for {digits(pair.grown)} "
            f"times the work that it does in {seconds(pair.time_s_small)}",
            where=listed([pair.case_small, pair.case]),
            action="Do not use these figures: a result is discarded before it is computed. "
            "Let the step return, and `wait` complete, everything.",
        )


def discarded(context: ReportContext) -> Iterator[Finding]:
    """Many steps in flight take as long as one: only the last was worked out."""
    slices = of_measured(context.results)
    deep = slices[slices["steps_in_flight"] >= DEEP]
    flight = deep["median_s"] * deep["steps_in_flight"]
    table = deep[KEY].assign(flight=flight, single=deep["latency_s"], depth=deep["steps_in_flight"])
    cells = table.groupby(KEY, sort=False).agg(
        flight=("flight", "min"), single=("single", "min"), depth=("depth", "max")
    )
    guilty = cells[cells["flight"] < cells["single"] * (1 + MARGIN * cells["depth"])].reset_index()
    for (run, contender), mine in guilty.groupby(["run", "contender"], sort=False):
        worst = mine.loc[(mine["flight"] / mine["single"]).idxmin()]
        who = called(context, str(run), str(contender))
        yield suspect(
            context,
            mine,
            about=who,
            effect=float(worst["single"] / worst["flight"] * worst["depth"]),
            what=f"{who} takes {seconds(worst['flight'])} for "
            f"{digits(worst['depth'])} steps in flight and {seconds(worst['single'])} for one",
            action="Do not use these figures: steps whose results nobody waits for are left out. "
            "Its `wait` must complete the results of all steps it is given.",
        )


def hasty(context: ReportContext) -> Iterator[Finding]:
    """A step alone takes less than a step among many: alone, it was not waited for."""
    slices = of_measured(context.results)
    gpu = context.results.cells.loc[context.results.cells["device_kind"] == "gpu", KEY]
    slices = slices[(slices["steps_per_sample"] > 1) & slices["latency_s"].notna()].merge(gpu)
    # Of a round's samples the fastest: what disturbs a machine makes long ones longer, and single
    # steps between two disturbances not.
    ratio = slices["latency_s"] / slices["fastest_s"]
    table = slices[KEY].assign(log=np.log(ratio), hasty=ratio < HASTY)
    cells = table.groupby(KEY, sort=False).agg(
        log=("log", "median"),
        spread=("log", lambda logs: (logs - logs.median()).abs().median()),
        share=("hasty", "mean"),
        rounds=("log", "size"),
    )
    # Three rounds tell little of how they spread: all cells of the contender tell it together.
    spread = cells.groupby(["run", "contender"], sort=False)["spread"].transform("mean")
    error = estimates.MAD_TO_DEVIATION * spread / np.sqrt(cells["rounds"])
    sure = cells["log"] + HASTY_SURE * error < np.log(HASTY)
    enough = cells["rounds"] >= HASTY_ROUNDS
    guilty = cells[sure & enough & (cells["share"] > 0.5)]
    guilty = guilty.assign(ratio=np.exp(guilty["log"])).reset_index()
    for (run, contender), mine in guilty.groupby(["run", "contender"], sort=False):
        worst = mine.loc[mine["ratio"].idxmin()]
        who = called(context, str(run), str(contender))
        yield suspect(
            context,
            mine,
            about=who,
            effect=float(1 / worst["ratio"]),
            what=f"a step of {who} alone takes less than a step among many: "
            f"{percent(worst['ratio'])} of it in {plain(worst['case'])}",
            action="Do not use these figures: a step whose own results nobody waits for is "
            "not done when it seems so. Its `wait` must complete what it is given.",
        )


# --- calls that cost more than a step -----------------------------------------------------------

RECOMPILED = 0.5
"""Share of a cell's rounds that compiled from which it is no accident, such as a worker's start."""

FIRST_CALL = 2.0
FIRST_SHARE = 0.8
"""Share of rounds whose first sample must be slower by so much: noise has no place in the order.
Threads that went to sleep in the pause made an honest framework's 1.3 to 1.5 times as long."""
FIRST_ROUNDS = 5
FIRST_SAMPLES = 4
"""Samples a slice needs to tell its first from the others."""


def recompiling(context: ReportContext) -> Iterator[Finding]:
    """Compiles anew between one slice and the next: its time is the compiler's."""
    slices = of_measured(context.results)
    slices = slices[slices["compilations"].notna()]
    made = slices.groupby(KEY, sort=False)["compilations"].diff()
    table = slices[KEY].assign(made=made.clip(lower=0), some=made > 0)[made.notna()]
    cells = table.groupby(KEY, sort=False).agg(
        made=("made", "sum"), share=("some", "mean"), rounds=("made", "size")
    )
    guilty = cells[(cells["share"] >= RECOMPILED) & (cells["rounds"] > 1)].reset_index()
    for (run, contender), mine in guilty.groupby(["run", "contender"], sort=False):
        worst = mine.loc[mine["made"].idxmax()]
        who = called(context, str(run), str(contender))
        yield suspect(
            context,
            mine,
            about=who,
            effect=float(worst["made"]),
            what=f"{who} compiles while it is timed: {digits(worst['made'])} times "
            f"in {worst['rounds']} rounds of {plain(worst['case'])}",
            action="Its time is partly the compiler's. Give the compiled function the same shapes "
            "and types each time, and make it once, in `build`.",
        )


def first_call(context: ReportContext) -> Iterator[Finding]:
    """The first sample of slices slower than the others: something is done once, on the clock."""
    slices = of_measured(context.results)
    after_a_pause = slices["round"] > 0
    slices = slices[after_a_pause & (slices["samples"] >= FIRST_SAMPLES)]
    ratio = slices["first_s"] / slices["later_s"]
    table = slices[KEY].assign(ratio=ratio, slow=ratio > FIRST_CALL)
    cells = table.groupby(KEY, sort=False).agg(
        ratio=("ratio", "median"), share=("slow", "mean"), rounds=("ratio", "size")
    )
    enough = (cells["share"] >= FIRST_SHARE) & (cells["rounds"] >= FIRST_ROUNDS)
    for (run, contender), mine in (
        cells[enough].reset_index().groupby(["run", "contender"], sort=False)
    ):
        worst = mine.loc[mine["ratio"].idxmax()]
        who = called(context, str(run), str(contender))
        yield suspect(
            context,
            mine,
            about=who,
            effect=float(worst["ratio"]),
            what=f"{who} takes {times(worst['ratio'])} as long for the first sample "
            f"of a round as for the others, in {plain(worst['case'])}",
            action="Something is done again after each pause, and the clock counts it as steps: "
            "look for set-up that the step puts off until it is called.",
        )

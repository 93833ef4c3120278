"""Our word: pairs of fresh workers that take turns, until the ratio is settled or time is up."""

import random
import statistics as plain

import numpy as np
from scipy import stats

from bench import contenders, environments, statistics
from bench.launch import CHECKOUT
from bench.seat import Seat
from scripts.power.work import N

ADAPTER = str(CHECKOUT / "scripts" / "power" / "adapter.py")

SUITE = CHECKOUT / "scripts" / "power" / "suite.py"

MIN_STARTS = 5
"""Pairs of processes before a word is given. Two processes of the same program differ by a percent
or two for as long as they live, by where their memory happened to lie."""

START_S = 1.6
"""Measuring of one pair of processes."""

SLICE_S, WARM_S = 0.03, 0.003
"""Short, so that what disturbs one slice disturbs its neighbour."""


def word(share, budget_s):
    """The word for a contender slowed by `share` of its time, the seconds measured, the ratio."""
    logs, spent_s = [], 0.0
    while True:
        log_ratio, taken_s = _pair(share)
        logs.append(log_ratio)
        spent_s += taken_s
        verdict = "unresolved"
        if len(logs) >= MIN_STARTS:
            verdict = statistics.verdict(tuple(np.exp(_interval(logs))))
        if verdict != "unresolved" or spent_s + taken_s > budget_s:
            return verdict, spent_s, float(np.exp(np.mean(logs)))


def _interval(logs):
    """95 % interval of the mean over starts, by Student's t."""
    return stats.t.interval(
        statistics.CONFIDENCE, len(logs) - 1, np.mean(logs), stats.sem(logs) or 1e-12
    )


def _pair(share):
    """The median of the paired log ratios of two fresh workers that take turns."""
    seats = [_seated("plain"), _seated(str(share) if share else "plain")]
    try:
        times, spent_s = ([], []), 0.0
        while spent_s < START_S:
            for at in random.sample((0, 1), 2):
                taken = seats[at].ask("slice", slice_s=SLICE_S, warm_s=WARM_S)
                times[at].append(plain.median(taken["samples_s"]))
                seats[at].ask("rest")
                spent_s += taken["wall_s"]
    finally:
        for seat in seats:
            seat.close()
    return float(np.median(np.log(times[1]) - np.log(times[0]))), spent_s


def _seated(execution):
    python = environments.ensure("numpy")
    (spec,) = contenders.parse([f"{ADAPTER}@{execution}"])
    device = contenders.Device(id="cpu", kind="cpu", name="cpu")
    seat = Seat(contenders.Contender(spec, device, "float32", 1), python, 60, None)
    seat.start()
    seat.ask("build", suite=str(SUITE), case=f"power/product/{N}", preset="smoke", seed=0)
    seat.ask("calibrate")
    return seat

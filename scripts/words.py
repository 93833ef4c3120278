"""How often reports of many cases give wrong words, and how often right ones, as a table.

.venv/host/bin/python -m scripts.words [--reports N] [--cases N] [--presets quick standard]
                                       [--noise 0.01 ...] [--bias 0.0035 ...]

Each case has five contenders that take turns under the preset's own rule of stopping, with normal
noise from round to round and a bias of each process that lasts. In one kind of report all five
take the same time, and every `slower` or `faster` is false; in the other some take 3 % and 10 %
longer than the first.
"""

import argparse
import itertools
import random

import numpy as np
from rich.console import Console
from rich.table import Table

from bench.plan.presets import PRESETS
from bench.run.rounds import History, take_rounds
from bench.run.stopping import of_one_start
from bench.statistics import estimates, multiplicity
from bench.statistics.estimates import Series

NOISE = (0.002, 0.005, 0.01, 0.02, 0.05)
"""Standard deviation of a round's time."""

BIAS = (0.0, 0.0035, 0.005)
"""Standard deviation of a process's own time, for as long as it lives; measured: 0.35 %."""

ALIKE = (1.0, 1.0, 1.0, 1.0, 1.0)
APART = (1.0, 1.03, 1.03, 1.10, 1.10)


def main():
    parser = argparse.ArgumentParser(prog="scripts.words")
    parser.add_argument("--reports", type=int, default=20)
    parser.add_argument("--cases", type=int, default=100)
    parser.add_argument("--presets", nargs="+", choices=PRESETS, default=["quick", "standard"])
    parser.add_argument("--noise", type=float, nargs="+", default=NOISE)
    parser.add_argument("--bias", type=float, nargs="+", default=BIAS)
    asked = parser.parse_args()
    table = Table(box=None, pad_edge=False)
    for column in ("preset", "noise", "bias", "false a report", "reports with any", "3 %", "10 %"):
        table.add_column(column, justify="right")
    for preset, noise, bias in itertools.product(asked.presets, asked.noise, asked.bias):
        row = _row(PRESETS[preset], noise, bias, asked.reports, asked.cases)
        table.add_row(preset, f"{noise:.1%}", f"{bias:.2%}", *row)
        print(preset, noise, bias, *row, flush=True)
    Console(width=100).print(table)


def _row(preset, noise, bias, reports, cases):
    """Wrong words of reports on contenders alike, and the share of right ones of others."""
    draw = np.random.default_rng(0)
    wrong = []
    for _ in range(reports):
        words = _words(preset, ALIKE, noise, bias, cases, draw)
        wrong.append(sum(word in ("slower", "faster") for word, _ in words))
    found = {1.03: [], 1.10: []}
    for _ in range(2):
        for word, slower in _words(preset, APART, noise, bias, cases, draw):
            if slower in found:
                found[slower].append(word == "slower")
    told = (f"{np.mean(each):.0%}" for each in found.values())
    return f"{np.mean(wrong):.2f}", f"{sum(map(bool, wrong))} of {reports}", *told


def _words(preset, times, noise, bias, cases, draw):
    """The words of a report: of each contender but the fastest of its case, and how many times as
    long it truly takes."""
    told = []
    for _ in range(cases):
        histories = _measured(preset, times, noise, bias, draw)
        series = {name: _series(past) for name, past in histories.items()}
        first, *others = sorted(series, key=lambda name: np.median(series[name].times_s))
        for name in others:
            ratio = estimates.ratio(series[name], series[first])
            told.append((ratio, round(times[int(name)] / times[int(first)], 2)))
    pairs = multiplicity.pairs([len(times)] * cases)
    among = multiplicity.of(pairs, [ratio.logs for ratio, _ in told])
    return [(estimates.word(ratio, among=among), slower) for ratio, slower in told]


def _measured(preset, times, noise, bias, draw):
    """Rounds as the preset takes them; a slice takes its time, and no clock runs."""
    own = [time * np.exp(bias * draw.standard_normal()) for time in times]
    histories = {str(at): History() for at in range(len(times))}
    turns = {
        str(at): lambda _, step=step: step * float(np.exp(noise * draw.standard_normal()))
        for at, step in enumerate(own)
    }
    ticks = itertools.count()
    take_rounds(
        turns,
        of_one_start(preset),
        order=random.Random(int(draw.integers(2**32))),
        histories=histories,
        clock=lambda: next(ticks) * (preset.slice_s + preset.warm_s) / 2,
    )
    return histories


def _series(past):
    times_s = np.array(past.rounds_s)
    numbers = np.arange(len(times_s))
    return Series(numbers, times_s, np.zeros(len(times_s), dtype=np.int64))


if __name__ == "__main__":
    main()

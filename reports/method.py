"""What every report says about how its figures came about, and what they cannot say."""

from __future__ import annotations

METHOD = tuple(
    " ".join(paragraph.split())
    for paragraph in """
Every framework computes the same work from the same weights and data, in a process of its own. Its
answers are held against a float64 reference before and after timing, in the timed process; a cell
that fails either is a finding and is in no ranking.

Contenders take turns in rounds, in random order. A sample is the time of many steps and one wait
until the device has finished them, divided by the steps. A cell's time is the median over rounds of
the median of the round's samples. Latency is one step with a wait of its own. The first step
includes compiling.

Figures published elsewhere are marked as published and are in no ranking: their sources measured by
methods of their own, whose faults stand beside them.

A ratio is the median of the rounds' own ratios, so drift that hits all alike cancels. 1.14x slower
means 1.14 times as long. 95 % intervals come from order statistics of the rounds; of fewer than six
rounds they cover less. Slower and faster mean that the whole interval lies beyond 1 %, same that it
lies within 1 %, unresolved neither. The first is called fastest only when all
others are slower; otherwise it leads. Where contenders were started several times, each start's
rounds are reduced to their median and intervals come from those; where they were not, intervals
stand for this one start of the processes, and another can differ by more.

Throughput divides the FLOP or bytes that the definition of the work requires by the time; what a
framework does beyond them is not counted. Drawing random operands counts as time, not as FLOP.

Energy of a step, where it is given, is the device's mean power over whole slices times the step's
time. Idle power and other programs' use of the device are in it, the rest of the machine is not.

It cannot say how other sizes, models, precisions or machines compare, nor whether a framework was
set up as its makers would; the settings listed are what ran. Precisions are never ranked against
each other.
""".strip().split("\n\n")
)

NOTHING_WRONG = "Nothing: all that was measured gave right answers, before and after timing."

RECORDS_HOLD_MORE = (
    "Every installed package and each build's own description stand in the run's records.jsonl."
)

OVERHEAD = (
    "What the null adapter took: it does no work and returns prepared answers, so its time is the "
    "harness's own share of every step above. It is ranked nowhere."
)

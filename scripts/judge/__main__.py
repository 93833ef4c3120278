"""What the judge does to honest work and to lies, counted.

.venv/host/bin/python -m scripts.judge [--honest] [--lies] [--simulated] [--cost] [--seeds N]
                                       [--networks N] [--frameworks torch,numpy] [--out FOLDER]

All four parts unless some are named. Answers of real frameworks are kept under OUT, and asked for
once; a run that broke off goes on there.
"""

import argparse
import platform
import sys
import time
from pathlib import Path

from bench import machine
from frameworks import NAMES
from scripts.judge import cost, honest, lies, simulated, tables

AT_ONCE = 2
"""Workers, references and runs beside one another: nothing here takes a real time."""

LIED_SEEDS, LIED_NETWORKS = 1, 40
"""Cells on which each lie of a real framework is tried, of them those whose work is not large."""


def main():
    parser = argparse.ArgumentParser(prog="scripts.judge")
    for part in ("honest", "lies", "simulated", "cost"):
        parser.add_argument(f"--{part}", action="store_true")
    parser.add_argument("--frameworks", default=",".join(NAMES))
    parser.add_argument("--seeds", type=int, default=10)
    parser.add_argument("--networks", type=int, default=200)
    parser.add_argument("--out", type=Path, default=Path(".cache/judge"))
    asked = parser.parse_args()
    asked.out.mkdir(parents=True, exist_ok=True)
    print(f"{_machine()}, {time.strftime('%Y-%m-%d')}")
    every = not (asked.honest or asked.lies or asked.simulated or asked.cost)
    wrong = 0
    if every or asked.honest:
        wrong += _honest(asked)
    if every or asked.lies:
        wrong += _lies(asked)
    if every or asked.simulated:
        wrong += _simulated(asked)
    if every or asked.cost:
        cost.told()
    sys.exit(1 if wrong else 0)


def _machine():
    return f"{machine.describe([]).label}, Python {platform.python_version()}"


def _honest(asked):
    """0 accused, or how many."""
    wanted = honest.jobs(asked.seeds, asked.networks, asked.out)
    references = honest.solved(wanted, AT_ONCE)
    frameworks = asked.frameworks.split(",")
    lines = honest.asked(frameworks, wanted, references, asked.out / "honest.jsonl", AT_ONCE)
    return tables.answers(lines, sys.stdout)


def _lies(asked):
    files = lies.files(asked.out)
    every = honest.jobs(LIED_SEEDS, LIED_NETWORKS, asked.out)
    wanted = [job for job in every if job.workload.flop <= honest.OFTEN_FLOP]
    references = honest.solved(wanted, AT_ONCE)
    missed = 0
    print("Wrong answers of real frameworks: the smallest error / limit")
    for variant, path in files.items():
        kept = asked.out / "lies.jsonl"
        lines = honest.asked([str(path)], wanted, references, kept, AT_ONCE)
        least, count, passed = lies.smallest(lines, variant)
        if least is None:
            continue
        below = ", below what is looked for" if variant in lies.BELOW else ""
        fact = f"{count:4} cells, {passed} passed{below}; least {least[0]:8.3g} in {least[1]}"
        print(f"  {variant:24} {fact}")
        missed += 0 if below else passed
    return missed


def _simulated(asked):
    honest_ones, lying, real = simulated.contenders()
    out = asked.out / "simulated"
    out.mkdir(exist_ok=True)
    true = simulated.judged(honest_ones, out, at_once=AT_ONCE)
    print(f"The simulated device, honest: {len(true)} cells")
    wrong = tables.accused(true, sys.stdout)
    print(f"  {wrong} accused; error / limit: {tables.histogram(tables.ratios(true))}")
    found = simulated.judged(lying, out, at_once=AT_ONCE)
    print("The simulated device's lies")
    wrong += tables.matrix(found, true, sys.stdout)
    for (truth, variant), (ratio, case) in sorted(tables.smallest(found, true).items()):
        print(f"  {truth:6} {variant:20} least error / limit {ratio:8.3g} {case}")
    away = simulated.judged(simulated.elsewhere(), out, watched=True)
    print("Its work on another device than claimed, where the driver tells how busy that is")
    wrong += _beside_honest(away)
    clocks = simulated.judged(real, out, virtual=False)
    print("Its lies about the clock, in real seconds")
    return wrong + _beside_honest(clocks)


def _beside_honest(cells):
    """Of cells among which are honest ones: how many were accused, or missed."""
    true = {key: cell for key, cell in cells.items() if key[0].variant == "honest"}
    accused = tables.accused(true, sys.stdout)
    lied = {key: cell for key, cell in cells.items() if key not in true}
    return accused + tables.matrix(lied, true, sys.stdout)


if __name__ == "__main__":
    main()

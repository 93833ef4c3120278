"""Runs attacks by name and prints one table of what came of them; exit 1 if anything did.

.venv/host/bin/python -m scripts.attack [NAME ...] [--list] [--inputs N] [--seed N] [--pause S]

An attack is a function in a module of this folder, named in that module's ATTACKS.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import signal
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

from rich.console import Console
from rich.table import Table

from scripts import attack
from scripts.attack import commands
from scripts.attack.counts import NUMBERS, Asked, Attack, Counts


def main() -> int:
    """Run what was asked for; 1 if anything happened that must not."""
    attacks = found()
    asked = _arguments(attacks)
    if asked.list:
        for name, each in attacks.items():
            print(f"{name:24} {(each.__doc__ or '').partition(chr(10))[0]}")
        return 0
    results = {}
    # An end that removes what attacks have made, as Ctrl-C is.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    for name in asked.names or attacks:
        began = time.monotonic()
        results[name] = _counted(attacks[name], asked)
        took = f"{name}: {time.monotonic() - began:.0f} s"
        print(took, *results[name].notes, sep="\n  ", flush=True)
    total = Counts()
    for counts in results.values():
        total.add(counts)
    Console(width=110).print(table({**results, "all": total}))
    return int(total.bad())


def found() -> dict[str, Attack]:
    """Every attack of this folder by name, in the order of the modules' names."""
    modules = sorted(each.name for each in pkgutil.iter_modules(attack.__path__))
    named: dict[str, Attack] = {}
    for module in modules:
        if module != "__main__":
            named |= getattr(importlib.import_module(f"scripts.attack.{module}"), "ATTACKS", {})
    return named


def _arguments(attacks: Mapping[str, Attack]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="scripts.attack")
    parser.add_argument("names", nargs="*", metavar="NAME", help="attacks; all without any")
    parser.add_argument("--list", action="store_true", help="say what there is")
    parser.add_argument("--inputs", type=int, help="inputs of each attack that draws some")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--pause", type=float, default=20.0, help="seconds of a suspension")
    parser.add_argument("--frameworks", default="null,numpy", help="that running workers measure")
    asked = parser.parse_args()
    if strange := set(asked.names) - set(attacks):
        parser.error(f"unknown attack {min(strange)}. Expected some of {', '.join(attacks)}")
    return asked


def _counted(each: Attack, asked: argparse.Namespace) -> Counts:
    with tempfile.TemporaryDirectory(prefix="attack-", ignore_cleanup_errors=True) as folder:
        plan = Asked(
            folder=Path(folder),
            inputs=asked.inputs,
            seed=asked.seed,
            pause_s=asked.pause,
            frameworks=asked.frameworks,
        )
        try:
            return each(plan)
        finally:
            commands.leftover(0)  # of an attack that was broken off


def table(results: Mapping[str, Counts]) -> Table:
    """A row for each attack."""
    made = Table(box=None, pad_edge=False)
    made.add_column("attack")
    for name in NUMBERS:
        made.add_column(name, justify="right")
    for name, counts in results.items():
        made.add_row(name, *(str(getattr(counts, number)) for number in NUMBERS))
    return made


if __name__ == "__main__":
    sys.exit(main())

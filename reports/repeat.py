"""Commands that measure once more: what a run measured, some of its cells, or more of them."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterator, Mapping, Sequence
from itertools import pairwise

import pandas as pd

from bench import names
from bench.machine.privacy import ELSEWHERE
from bench.schema import Run
from reports.formatting import plain
from reports.frame import Results

BENCH = "./metalbench"

_WORK = (
    "FRAMEWORK",
    "SUITE",
    "CASE",
    "DEVICE",
    "PRECISION",
    "PRESET",
    "THREADS",
    "DATA_DIR",
    "MEMORY",
    "LABEL",
)
"""What a run measures, how and on what machine: as it was, whatever else is changed."""
_LENGTH = ("TIME", "TARGET", "BUDGET", "ROUNDS", "STARTS")
"""How long it takes over it."""
_REST = ("OUT", "ISOLATE")

FINER = {"smoke": "quick", "quick": "standard", "standard": "full"}
"""Presets by the one that is less fine."""

_USUAL = {"PRESET": "quick", "DEVICE": "all", "THREADS": None}
"""Settings that need not be typed."""

_LEAST_S, _MOST_S = 30 * 60, 168 * 3600
"""Seconds that are advised at least, and that `TIME` takes at most."""


def asked(run: Run) -> dict[str, str]:
    """What was typed for the run, by option of make; a setting typed by no one where it is not the
    usual one."""
    known = {*_WORK, *_LENGTH, *_REST}
    typed = {
        name: word
        for name, word in _typed(run.arguments)
        if name in known and word and word != ELSEWHERE
    }
    for name, usual in _USUAL.items():
        value = run.settings.get(name.lower())
        if name not in typed and value not in (None, usual):
            typed[name] = str(value)
    return typed


def to_type(run: Run) -> dict[str, str]:
    """What to type for contenders that have another name in reports, by that name."""
    called = names.specs(each.spec for each in run.contenders)
    typed = {each.spec: each.typed or each.spec for each in run.contenders}
    return {plain(called[spec], 60): word for spec, word in typed.items() if word != called[spec]}


def bench(options: Mapping[str, str], **changed: str) -> str:
    """The command of these options, those changed in their place; another preset or other starts
    take the time they take."""
    dropped = _LENGTH if {"PRESET", "STARTS"} & set(changed) else ()
    kept = {name: word for name, word in options.items() if name not in dropped} | changed
    ordered = [name for name in (*_WORK, *_REST, *_LENGTH) if name in kept]
    return " ".join(["make bench", *(f"{name}={quoted(kept[name])}" for name in ordered)])


def longer(run: Run) -> str:
    """The same with time for more cases."""
    return bench(asked(run), TIME=_time(run.settings.get("preset_time_s")))


def _time(had_s: object) -> str:
    """Twice what there was, `2h` or `90m`, and no less than half an hour."""
    least_s = _LEAST_S / 2
    known_s = had_s if isinstance(had_s, int | float) and had_s > least_s else least_s
    minutes = math.ceil(min(2 * known_s, _MOST_S) / 60)
    return f"{minutes}m" if minutes % 60 else f"{minutes // 60}h"


def _typed(arguments: Sequence[str]) -> Iterator[tuple[str, str]]:
    """Flags with a value: `--suite mlp` and `--suite=mlp`, as (`SUITE`, `mlp`)."""
    for flag, following in pairwise((*arguments, "")):
        name, equals, word = flag.partition("=")
        if name.startswith("--"):
            yield name[2:].replace("-", "_").upper(), word if equals else following


def command(run: Run) -> str:
    """The command line that made the run."""
    return plain(f"{BENCH} {shlex.join(run.arguments)}", 1000)


def again(results: Results, cells: pd.DataFrame) -> str:
    """The command that repeats these cells of one contender."""
    cell = cells.iloc[0]
    run = results.runs[cell["run"]]
    names = set(cells["case"])
    suites = [each.suite_file or each.suite for each in run.cases if each.case in names]
    typed = {each.spec: each.typed for each in run.contenders}
    options = {
        "FRAMEWORK": typed.get(cell["spec"]) or cell["spec"],
        "SUITE": ",".join(dict.fromkeys(suites)),
        "DEVICE": cell["device"],
        "PRECISION": cell["precision"],
        "PRESET": str(run.settings.get("preset", "quick")),
    }
    return bench(options | _label(run))


def alone(run: Run, contender: str) -> str:
    """The command that tries one contender by itself, on the same machine."""
    return bench({"FRAMEWORK": contender} | _label(run))


def _label(run: Run) -> dict[str, str]:
    return {name: word for name, word in asked(run).items() if name == "LABEL"}


def quoted(word: str) -> str:
    """One safe word for a shell."""
    return shlex.quote(plain(word))

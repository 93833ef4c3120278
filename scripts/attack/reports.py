"""Mutated files of records through `report` and `compare`, and what their files then hold."""

from __future__ import annotations

import contextlib
import io
import random
import shutil
import traceback
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import msgspec
from rich.console import Console

from bench import records
from bench.schema import Curves, Failed, Record, Resumed, Run, Skipped, State, Verified
from reports import build
from reports.answer import answer
from reports.compare import as_html, as_json, as_markdown, sides
from reports.compare.comparison import compare
from reports.compare.fail_on import outcome
from reports.ingest import published
from reports.render import terminal
from scripts.attack import escapes, mutations
from scripts.attack.counts import Asked, Counts
from suites.errors import UserError
from tests.helpers import builders

USUAL = 3000
"""Files an attack makes when nobody says how many."""

TOGETHER = (1, 1, 2, 12)
"""Files of one report: of each of some, first screens, tables and figures are all drawn; of many it
takes less time for each, and they are compared with each other."""

SHOWN = 40
"""Kinds of failure that are told of."""


def mutated_records(asked: Asked) -> Counts:
    """Mutated record files through report and compare: all outputs, searched for escapes."""
    dice, counts, kinds = random.Random(asked.seed), Counts(), Counter[str]()
    seeds = list(_seeds())
    while counts.inputs < asked.count(USUAL):
        runs = asked.folder / "runs"
        shutil.rmtree(runs, ignore_errors=True)
        together = dice.choice(TOGETHER)
        for number in range(together):
            (runs / f"{number}").mkdir(parents=True)
            lines = mutations.mutated(dice.choice(seeds), dice)
            (runs / f"{number}" / "records.jsonl").write_bytes(b"\n".join(lines) + b"\n")
        wrong = list(_tried(runs, asked.folder / "out"))
        counts.inputs += together
        counts.tracebacks += any(what.startswith("raised") for what in wrong)
        counts.escapes += any(not what.startswith("raised") for what in wrong)
        kinds.update({what[:300] for what in wrong})
    counts.notes += [f"{number} x {what}" for what, number in kinds.most_common(SHOWN)]
    return counts


ATTACKS = {"mutated records": mutated_records}


# --- one file ---------------------------------------------------------------------------------


def _tried(runs: Path, out: Path) -> Iterator[str]:
    """What goes wrong with these files; one that is refused in words is all right."""
    shutil.rmtree(out, ignore_errors=True)
    yield from _raised(lambda: _reported(runs, out))
    yield from _raised(lambda: _compared(runs / "0" / "records.jsonl", out))
    yield from escapes.found(out)


def _raised(attempt) -> Iterator[str]:
    try:
        with contextlib.suppress(UserError):
            attempt()
    except Exception as error:  # noqa: BLE001  whatever it is, is what is looked for
        last = traceback.extract_tb(error.__traceback__)[-1]
        where = f"{Path(last.filename).name}:{last.lineno}"
        yield f"raised {type(error).__name__}: {str(error)[:80]} ({where})"


def _reported(runs: Path, out: Path) -> None:
    built = build.build([runs], out, published=False)
    text = io.StringIO()
    console = Console(file=text, width=100)
    terminal.show(built.content, console)
    told = answer.make(built.content, built.tallies, built.html, 100)
    terminal.conclude(told.lines, console)
    (out / "printed.txt").write_text(text.getvalue() + told.reason, encoding="utf-8")
    for fault in getattr(built, "faults", ()):
        where = fault.traceback.rstrip().rpartition('  File "')[2].partition("\n")[0][-60:]
        raise AssertionError(f"a part was lost: {fault.error[:60]} {where}")


def _compared(path: Path, out: Path) -> None:
    """The first contender against the second."""
    head = records.head(path)
    who = [each.contender for each in head.contenders[:2]] if head else []
    if len(who) < 2:
        return
    a, b = sides.load(path, None, *who)
    comparison = compare(a, b, threshold=0.01, named=True, across=[])
    found = outcome(comparison, [])
    out.mkdir(exist_ok=True)
    for name, render in (("html", as_html), ("json", as_json), ("md", as_markdown)):
        text = render.render(comparison, found, [])
        (out / f"compare.{name}").write_text(text, encoding="utf-8")


# --- honest files to begin with ---------------------------------------------------------------


def _seeds() -> Iterator[mutations.Lines]:
    """A CPU's run, one of a CPU and a GPU, one with troubles, and published figures."""
    torch, jax = builders.FIVE[1], builders.FIVE[3]
    gpu = replace(torch, device="cuda:0", device_name="NVIDIA H100 80GB HBM3", flop_per_s=9e12)
    yield _encoded(_few(builders.run(builders.FIVE[:3], rounds=7), "matmul"))
    yield _encoded(_few(builders.run((torch, gpu, jax), rounds=6), "matmul"))
    yield _encoded([*_few(builders.run((torch, jax), rounds=3), "mlp"), *_troubles()])
    yield _encoded(_few(builders.run((torch, gpu, builders.NULL), rounds=7), "hackintosh"))
    yield _encoded(_few(builders.run(_many(), rounds=2), "matmul"))
    lines = (published.FOLDER / "s4.jsonl").read_bytes().split(b"\n")
    yield [line for line in lines if line.strip()]


def _many() -> list[builders.Model]:
    """As many contenders as a legend has no room for, with long names."""
    return [replace(builders.FIVE[1], spec=f"torch=={n}.12.3.dev20261120") for n in range(26)]


def _troubles() -> Sequence[Record]:
    who, case = "torch/cpu/float32", "mlp/train/64"
    curves = Curves(train_loss=(2.0, 1.0, 0.5), test_loss=(2.1, 1.2, 0.7), accuracy=(0.1, 0.8, 0.9))
    return (
        Verified(contender=who, case=case, phase="after", passed=True, checks=(), curves=curves),
        State(case=case, phase="before", at_s=1.0, load=0.5, power="battery", cpu_hz=2e9),
        State(case=case, phase="after", at_s=9.0, thermal="serious", cpu_hz=1e9),
        Resumed(resumed_at="2026-11-20T11:15:00+00:00", at_s=5.0),
        Skipped(contender="mlx/cpu/float32", reason="there is no wheel for this system"),
        Failed(contender="tf/cpu/float32", stage="start", reason="gone", output_tail="last words"),
    )


def _few(lines: Sequence[Record], suite: str) -> Iterator[Record]:
    """The run with the cases of one suite."""
    for line in lines:
        if isinstance(line, Run):
            cases = tuple(case for case in line.cases if case.suite == suite)
            yield msgspec.structs.replace(line, cases=cases)
        elif (getattr(line, "case", None) or suite).startswith(suite):
            yield line


def _encoded(lines: Sequence[Record] | Iterator[Record]) -> mutations.Lines:
    return [msgspec.json.encode(line) for line in lines]

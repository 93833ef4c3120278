"""Forged replies of a worker to every request: each must cost its own cell, and nothing else."""

from __future__ import annotations

import contextlib
import io
import random
import traceback
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest import mock

import msgspec
from rich.console import Console

from bench.contenders import discovery, supervisor
from bench.contenders.spec import parse
from bench.contenders.worker_process import WorkerProcess
from bench.meters.run_meters import Meters
from bench.plan.cost_forecast import Forecast
from bench.plan.feasibility import SpeedEstimate
from bench.plan.presets import PRESETS
from bench.run import cell, stopping
from bench.run.case import Case
from bench.run.resume import Checkpoint
from bench.run.session import RunContext
from bench.run.signals import Interrupts
from bench.schema import Failed, Record
from bench.terminal.progress import Plain
from scripts.attack import mutations
from scripts.attack.counts import Asked, Counts
from suites import catalog
from suites.verification import reference
from tests.helpers import forged_workers
from tests.helpers.forged_workers import VERBS, ForgedWorker, Tape

USUAL = 5400
SUITES = ("matmul", "mlp")
PRESET = replace(PRESETS["smoke"], slice_s=0.001, warm_s=0.0, budget_s=0.01, time_s=None)
WHOLE = (b"", b"\n", b"null\n", b"[]\n", b"{}\n", b"[" * 10**5 + b"\n", b"hello\n", b"\xff\n")


class Forger:
    """Changes one reply to its request, at the first time or a later one."""

    def __init__(self, verb: str, dice: random.Random) -> None:
        self.verb, self.dice = verb, dice
        self._left = dice.randrange(3) if verb in ("slice", "rest") else 0
        self.sent: bytes | None = None

    def __call__(self, verb: str, line: bytes) -> bytes:
        if verb != self.verb or self.sent is not None:
            return line
        if self._left:
            self._left -= 1
            return line
        self.sent = self._forged(line)
        return self.sent

    def _forged(self, line: bytes) -> bytes:
        dice = self.dice
        way = dice.random()
        if way < 0.05:
            return dice.choice(WHOLE)
        if way < 0.1:
            return dice.choice((line + line, b"noise\n" + line, line + b"noise\n", line[:-1]))
        changed = mutations.mutated([line.rstrip(b"\n")], dice)
        return b"".join(each + b"\n" for each in changed)


def forged(asked: Asked) -> Counts:
    """Mutated replies, in turn to each request: tracebacks are errors that left the cell."""
    counts, ends = Counts(), Counter[str]()
    dice, tape = random.Random(asked.seed), Tape()
    with _quiet(asked.folder) as session:
        for number in range(asked.count(USUAL)):
            verb = VERBS[number % len(VERBS)]
            forger = Forger(verb, dice)
            try:
                trouble = _attempt(session(), tape, forger, ends)
            except Exception:  # noqa: BLE001  what the attack looks for
                trouble = traceback.format_exc()[-1500:]
                counts.tracebacks += 1
            else:
                counts.lost += bool(trouble)
            counts.inputs += forger.sent is not None
            if trouble:
                sent = (forger.sent or b"")[:300]
                counts.notes.append(f"{verb}: {sent!r}: {trouble}")
    print("  how the cells ended:", dict(ends.most_common()))
    return counts


def _attempt(session: RunContext, tape: Tape, forger: Forger, ends: Counter[str]) -> str:
    """A run of two cases: what went wrong, if anything did."""
    made: list[Record] = []
    session.record = made.append
    first, second = _cases(session, forger)

    def opened(*_: Any, **__: Any) -> WorkerProcess:
        return ForgedWorker(tape, forger, resets=forger.verb != "renew")

    with (
        mock.patch.object(discovery, "open_worker", opened),
        mock.patch.object(supervisor, "open_worker", opened),
    ):
        found = discovery.discover(WANTED, lambda *_: Path("python"), lambda _: None)
        made += found.absent
        rule = stopping.rough(session.preset)
        for case in (first, second):
            case.visit(found.supervisors, rule)
        found.close()
    for record in made:
        msgspec.json.decode(msgspec.json.encode(record), type=Record)
    return _trouble(made, bool(found.supervisors), (first.name, second.name), ends)


def _trouble(made: list[Record], measured: bool, cases: tuple[str, str], ends: Counter[str]) -> str:
    if not measured:
        ends["absent"] += 1
        return "" if made else "no record of the contender"
    faults = [each for each in made if isinstance(each, Failed) and "a fault of" in each.reason]
    if faults:
        return f"a fault of the host: {faults[0].output_tail}"
    silent = [name for name in cases if not forged_workers.ended(made, name)]
    if silent:
        return f"no record of {silent[0]}"
    of_first = [each for each in made if getattr(each, "case", None) == cases[0]]
    ends[forged_workers.end(of_first)] += 1
    after = [each for each in made if isinstance(each, Failed) and each.case == cases[1]]
    return f"the case after it: {after[0].stage}: {after[0].reason}"[:600] if after else ""


def _cases(session: RunContext, forger: Forger) -> tuple[Case, Case]:
    """The one whose replies are forged, of a suite by chance, and the one after it."""
    suites = {suite: catalog.cases(suite, "smoke") for suite in SUITES}
    suite, small = forger.dice.choice(SUITES), suites["mlp"][0]
    chosen = suites[suite][0 if suite == "matmul" else 1]
    return Case(session, suite, chosen), Case(session, "mlp", small)


WANTED = discovery.ContenderSelection(
    specs=parse(["numpy"]), device="cpu", precisions=("float32",), threads=None, timeout_s=600.0
)


@contextlib.contextmanager
def _quiet(folder: Path) -> Iterator[Any]:
    """Makes runs that show nothing, and confirm doubtful times in no time."""
    progress = Plain(Console(file=io.StringIO()))
    cache = reference.Cache(folder / "reference")
    with (
        Interrupts() as interrupts,
        Meters(lambda _: None) as meters,
        mock.patch.object(cell, "CONFIRMING", 1),
    ):

        def session() -> RunContext:
            pace = SpeedEstimate(PRESET.step_limit_s)
            return RunContext(
                preset_name="smoke",
                preset=PRESET,
                seed=0,
                cache=cache,
                record=lambda record: None,
                progress=progress,
                pace=pace,
                forecast=Forecast(pace, PRESET, folder / "costs.json", {}),
                interrupts=interrupts,
                meters=meters,
                begun=Checkpoint(folder, "run"),
            )

        yield session


ATTACKS = {"forged replies": forged}

if __name__ == "__main__":
    import sys
    import tempfile

    with tempfile.TemporaryDirectory() as place:
        done = forged(Asked(folder=Path(place), inputs=int(sys.argv[1])))
    print(
        SimpleNamespace(**{name: getattr(done, name) for name in ("inputs", "tracebacks", "lost")})
    )
    print(*done.notes[:10], sep="\n")
